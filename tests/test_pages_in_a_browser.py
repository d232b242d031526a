"""The built pages in Chromium, as files, without a network: width of a phone, dark pages, search, live report."""

import pytest
from checkout import ROOT
from chromium import PATIENCE

BUILD = ROOT / "docs" / "_build"
PHONE = 390  # CSS pixels

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (BUILD / "index.html").is_file(), reason="needs the built pages: make docs"),
]


def opened(browser, name, width=1400, scheme="light", query=""):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.set_default_timeout(PATIENCE)
    page.route("http*://**", lambda route: pytest.fail(f"{name} asks a network for {route.request.url}"))
    page.goto((BUILD / name).as_uri() + query)
    return page


@pytest.mark.parametrize("width", [1280, 1400])
def test_no_page_scrolls_sideways_on_a_screen(browser, width):
    for name in ("index.html", "components/loss-ssa.html"):
        page = opened(browser, name, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.close()


def test_no_page_scrolls_sideways_on_a_phone(browser):
    pages = [
        path for path in BUILD.glob("*.html") if path.name not in ("report.html", "genindex.html", "py-modindex.html")
    ]
    pages += [*(BUILD / "tutorials").glob("*.html"), *(BUILD / "results").glob("*.html")]
    pages += [*(BUILD / "components").glob("*.html")][::5]
    wide = {}
    for path in pages:
        page = opened(browser, path.relative_to(BUILD), PHONE)
        wide[path.name] = page.evaluate("document.documentElement.scrollWidth")
        page.close()
    assert len(wide) > 30
    assert {name: width for name, width in wide.items() if width > PHONE} == {}


def test_on_a_phone_a_table_breaks_no_word_of_a_type_and_leaves_room_for_the_meaning(browser):
    cells = ("<code>reservoirs</code>", "<code>'z_min_or_z_max' | null</code>", "<code>None</code>", "faces " * 20)
    page = browser.new_page(viewport={"width": PHONE, "height": 900})
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    page.set_content(f'<div class="table-wrapper"><table class="docutils"><tr>{row}</tr></table></div>')
    page.add_style_tag(path=ROOT / "docs" / "_static" / "pages.css")
    word = "document.querySelectorAll('code')[1].getClientRects().length"
    assert page.evaluate(word) <= 3  # the word, the stroke and null, each on a line at most
    assert page.eval_on_selector("td:last-child", "cell => cell.offsetWidth") >= 14 * 16
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ink_of_a_picture_stands_out_from_the_page(browser, scheme):
    page = opened(browser, "index.html", scheme=scheme)
    light = """(element, name) => getComputedStyle(element)[name]
        .match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765"""
    ink = page.eval_on_selector(".picture svg", light, "color")
    ground = page.eval_on_selector("body", light, "backgroundColor")
    assert abs(ink - ground) > 0.5
    page.close()


def test_search_finds_a_component(browser):
    page = opened(browser, "search.html", query="?q=tortuosity")
    page.wait_for_selector("#search-results li a")
    assert any("tortuosity" in text for text in page.locator("#search-results li a").all_inner_texts())
    page.close()


def test_the_report_of_the_front_page_lives(browser):
    page = opened(browser, "index.html")
    assert (BUILD / "report.html").stat().st_size < 6_000_000
    page.locator(".report iframe").scroll_into_view_if_needed()
    frame = page.wait_for_selector(".report iframe").content_frame()
    frame.wait_for_load_state()  # wait_for_function would poll by eval, which the report forbids
    frame.evaluate("window.porenet.settled")
    assert frame.evaluate("window.porenet.ready")
    assert frame.evaluate("window.porenet.error") is None
    page.close()


def test_the_link_to_the_report_stands_below_its_still_on_a_phone(browser):
    images = pytest.importorskip("PIL.Image")
    with images.open(BUILD / "_static" / "report_light.webp") as still:
        width, height = still.size
    page = opened(browser, "index.html", PHONE)
    above = page.eval_on_selector(
        ".report a", "link => parseFloat(getComputedStyle(link).paddingTop) / link.clientWidth"
    )
    assert above >= height / width
    page.close()
