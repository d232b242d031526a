"""What a reader sees and can do on the page, in a real browser."""

import csv
import re

import numpy as np
import pytest

from porenet.synthetic import plurigaussian

NI, YSZ, PORE = range(3)
SHAPE = (20, 24, 28)


@pytest.fixture(scope="module")
def two(page_of):
    """A random electrode, and the same with its pores walled off half way down."""
    volume, _ = plurigaussian(SHAPE, voxel_um=(0.1, 0.1, 0.1), length_um=0.4, fractions=(0.3, 0.4, 0.3), seed=3)
    walled = np.array(volume.labels)
    walled[10][walled[10] == PORE] = YSZ
    return page_of({"open": volume.labels, "walled": walled}, "--title", "Two electrodes")


@pytest.fixture
def tab(show_again, two):
    return show_again(two)


def drawn(pixels):
    """Whether a frame shows a structure: it covers a part of the canvas, in more than one tone."""
    covered = pixels[..., 3] > 128
    return bool(covered.mean() > 0.08) and bool(pixels[covered][:, :3].std() > 12)


def apart(one, other):
    """Share of the pixels that differ to the eye."""
    assert one.shape == other.shape
    return float((np.abs(one - other).max(axis=-1) > 24).mean())


def test_it_loads_in_silence_and_shows_the_first_structure(tab, two, scene_of_page):
    assert tab.value("P.ready") is True
    assert tab.value("P.error") is None
    assert tab.page.title() == "Two electrodes"
    assert drawn(tab.pixels())
    assert len(two) < 6e6
    assert tab.value("P.scene.structures.length") == len(scene_of_page(two)["structures"]) == 2


def test_it_may_reach_no_network_at_all(tab):
    policy = tab.page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert "default-src 'none'" in policy
    refused = tab.page.evaluate("() => fetch('https://example.org/').then(() => 'fetched', () => 'refused')")
    assert refused == "refused"
    tab.complaints.clear()  # the browser tells the refusal
    tab.requests[:] = [one for one in tab.requests if "example.org" not in one]


def test_a_frame_without_a_structure_is_told_apart_from_one_with_it(tab):
    tab.run("for (const name of ['Ni', 'YSZ', 'pore']) P.visible(name, false);")
    assert not drawn(tab.pixels())
    assert "nothing" in tab.page.inner_text("#hint")


def counters_shown(tab):
    cells = tab.page.locator("[data-counter]")
    return dict(
        zip(cells.evaluate_all("all => all.map(one => one.dataset.counter)"), cells.all_text_contents(), strict=True)
    )


def test_counters_are_the_scenes_own_texts(tab, two, scene_of_page):
    for index, structure in enumerate(scene_of_page(two)["structures"]):
        tab.run(f"await P.select({index});")
        assert counters_shown(tab) == {one["id"]: one["text"] for one in structure["counters"]}


def test_another_structure_changes_counters_and_picture_and_keeps_the_camera(tab):
    tab.run("P.preset('percolating');")
    before, shown, camera = tab.pixels(), counters_shown(tab), tab.value("P.state().camera")
    tab.page.get_by_role("button", name="walled").click()
    tab.run("")
    assert tab.value("P.state().structure") == 1
    assert apart(before, tab.pixels()) > 0.05
    assert counters_shown(tab) != shown
    assert tab.value("P.state().camera") == camera
    assert not drawn(tab.pixels())  # no pore crosses the wall
    assert "percolates" in tab.page.inner_text("#hint")


def test_every_preset_shows_something_else(tab):
    names = tab.page.locator("#presets button").evaluate_all("all => all.map(one => one.dataset.value)")
    assert names == [
        "solids", "all", "phase:Ni", "phase:YSZ", "phase:pore", "percolating", "blocked", "tpb", "flow",
    ]  # fmt: skip
    pictures = {}
    for name in names:
        tab.page.locator(f"#presets button[data-value='{name}']").click()
        pictures[name] = tab.pixels()
        assert tab.value("P.state().preset") == name
    # Nearly all pores percolate here, so that "percolating" is nearly "pore alone".
    distinct = [name for name in names if name != "percolating"]
    for place, one in enumerate(distinct):
        for other in distinct[place + 1 :]:
            assert apart(pictures[one], pictures[other]) > 0.02, (one, other)


@pytest.mark.parametrize(("phase", "strongest", "weakest"), [("Ni", 0, 2), ("YSZ", 2, 0), ("pore", 1, 0)])
def test_a_phase_alone_has_its_colour(tab, phase, strongest, weakest):
    tab.run(f"P.preset('phase:{phase}');")
    pixels = tab.pixels()
    inside = pixels[pixels[..., 3] > 250][:, :3]
    assert np.median(inside[:, strongest] - inside[:, weakest]) > 25


def test_what_is_not_supplied_is_what_lies_behind_the_wall(tab):
    tab.run("await P.select(1); P.preset('blocked');")
    covered = tab.pixels()[..., 3] > 128
    rows = np.flatnonzero(covered.mean(axis=1) > 0.05)
    assert rows.min() > 0.35 * covered.shape[0]  # nothing in the upper half of the box, which the gas reaches


@pytest.mark.parametrize("axis", ["z", "y", "x"])
def test_cutting_takes_away_what_lies_beyond(tab, axis):
    tab.run("P.preset('all');")
    whole = tab.pixels()
    tab.run(f"P.clip('{axis}', 0.4, 0.6);")
    cut = tab.pixels()
    assert drawn(cut)
    assert apart(whole, cut) > 0.05
    assert (cut[..., 3] > 128).mean() < 0.8 * (whole[..., 3] > 128).mean()
    tab.page.get_by_role("button", name="Reset").click()
    assert apart(whole, tab.pixels()) < 0.002


def test_handles_of_a_cut_keep_their_order_and_one_voxel(tab):
    low = tab.page.get_by_label("Cut z, from")
    low.focus()
    low.press("End")
    assert tab.value("P.state().clip.z") == pytest.approx([19 / 20, 1])


def test_opacity_and_visibility_change_the_picture(tab):
    tab.run("P.preset('all');")
    opaque = tab.pixels()
    slider = tab.page.get_by_label("Opacity of YSZ")
    slider.fill("0.2")
    assert tab.value("P.state().opacity.YSZ") == pytest.approx(0.2)
    faint = tab.pixels()
    assert apart(opaque, faint) > 0.04
    tab.page.locator("[data-phase=YSZ] input[type=checkbox]").uncheck()
    assert apart(faint, tab.pixels()) > 0.02
    assert tab.value("P.state().visible.YSZ") is False


def test_the_legend_names_every_phase_above_the_view_and_turns_it_off(tab):
    tab.run("P.preset('all');")
    assert tab.texts(".legend-phase") == ["Ni", "YSZ", "pore"]
    legend, view = tab.page.locator("#legend").bounding_box(), tab.page.locator("#view").bounding_box()
    assert legend["y"] + legend["height"] <= view["y"] + 1
    pressed = "all => all.map(one => one.getAttribute('aria-pressed'))"
    tab.page.locator("[data-legend=YSZ]").click()
    assert tab.page.locator(".legend-phase").evaluate_all(pressed) == ["true", "false", "true"]
    assert tab.value("P.state().visible.YSZ") is False
    assert not tab.page.locator("[data-phase=YSZ] input[type=checkbox]").is_checked()
    tab.run("P.opacity('Ni', 0);")
    tab.page.locator("[data-legend=Ni]").click()
    assert tab.value("P.state().opacity.Ni") == 1
    assert tab.page.locator(".legend-phase").evaluate_all(pressed) == ["true", "false", "true"]


@pytest.mark.parametrize("turn", [(0, 0), (2, 0), (5, 8), (9, -12)])
def test_the_scale_line_is_a_round_length_in_the_projection_of_its_edge(tab, turn):
    across, up = turn
    view = tab.page.locator("#view")
    view.focus()
    for key, times in (("ArrowRight", across), ("ArrowUp" if up > 0 else "ArrowDown", abs(up))):
        for _ in range(times):
            view.press(key)
    tab.run("")
    line = tab.value("P.scaleLine()")
    assert line["edge"]["um"] in (pytest.approx(2.4), pytest.approx(2.8))  # y and x of 24 and 28 voxels of 0.1 um
    assert (line["um"], line["text"]) == (pytest.approx(1), "1 µm") or (line["um"], line["text"]) == (0.5, "500 nm")
    # Near a camera a length looks longer: the line beside its edge has the two ends of that part of the edge.
    start, end = np.array(line["from"]), np.array(line["to"])
    first, last = np.array(line["edge"]["from"]), np.array(line["edge"]["to"])
    direction = (end - start) / np.linalg.norm(end - start)
    assert direction @ (last - first) == pytest.approx(np.linalg.norm(last - first))  # parallel on the screen
    share = np.linalg.norm(end - start) / np.linalg.norm(last - first)
    part = line["um"] / line["edge"]["um"]
    assert part * 0.6 < share <= part + 1e-9  # it starts at the end that is farther away, where lengths look shorter
    frame = tab.page.locator(".labels").bounding_box()
    text = tab.page.locator(".scale-text").bounding_box()
    assert frame["x"] <= text["x"]
    assert text["x"] + text["width"] <= frame["x"] + frame["width"]
    assert text["y"] + text["height"] <= frame["y"] + frame["height"]


def test_the_numbers_are_written_as_csv(tab, two, scene_of_page):
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Numbers as CSV").click()
    assert download.value.suggested_filename == "Two_electrodes.csv"
    with download.value.path().open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scene = scene_of_page(two)
    counters = [(one["name"], counter) for one in scene["structures"] for counter in one["counters"]]
    assert len(rows) == len(counters) > 40
    for row, (name, counter) in zip(rows, counters, strict=True):
        assert (row["structure"], row["unit"], row["quantity"]) == (name, counter["unit"], counter["label"])
        assert row["key"] == (counter["key"] or counter["id"])
        if counter["value"] is None:
            assert row["value"] == "" and counter["text"] == f"undefined: {row['undefined']}"  # noqa: PT018
        else:
            assert float(row["value"]) == float(counter["value"])


def test_notes_come_after_the_result_and_are_announced_before_it(show, two, scene_of_page, rewritten):
    scene = scene_of_page(two)
    scene["notes"] = ["one thing to know"]
    scene["structures"][0]["name"] = '=HYPERLINK(0), "x"'
    tab = show(rewritten(scene))
    assert tab.page.locator("#notes").bounding_box()["y"] > tab.page.locator("#counters").bounding_box()["y"]
    assert tab.texts("#notes-below") == ["1 note on how this was made"]
    assert tab.page.locator("#notes-below").get_attribute("href") == "#notes"
    with tab.page.expect_download() as download:
        tab.page.locator("#csv").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert '"\'=HYPERLINK(0), ""x""",' in text, "a name that programs of tables would run stays text"


def test_the_camera_moves_by_keys_wheel_and_drag(tab):
    view = tab.page.locator("#view")
    view.focus()
    where = tab.value("P.state().camera")
    for act in (
        lambda: view.press("ArrowRight"),
        lambda: view.press("ArrowUp"),
        lambda: view.press("+"),
        lambda: tab.page.mouse.wheel(0, 200),
        lambda: drag(tab.page, view),
    ):
        view.hover()
        act()
        tab.run("")
        now = tab.value("P.state().camera")
        assert now != where
        where = now
    view.press("0")
    assert np.hypot.reduce(tab.value("P.state().camera")) == pytest.approx(3.45)


def drag(page, view):
    box = view.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 40, steps=3)
    page.mouse.up()


def test_faces_are_labelled_with_their_roles(tab, two, scene_of_page):
    told = [face["text"] for face in scene_of_page(two)["structures"][0]["faces"]]
    tab.page.locator(".face-label").nth(1).wait_for(state="attached")  # a test before may have shown two side by side
    assert tab.texts(".face-label") == told
    top, bottom = (tab.page.locator(".face-label").nth(place).bounding_box() for place in (0, 1))
    assert top["y"] + 100 < bottom["y"]


def plain(text):
    return text.replace("\u00a0", " ").removeprefix("✓").removeprefix("✕").strip()


def test_the_headline_is_the_scenes_own_sentence_on_what_is_shown(tab, two, scene_of_page):
    told = [one["headline"]["text"] for one in scene_of_page(two)["structures"]]
    assert [plain(one) for one in tab.texts(".headline")] == told[:1]
    tab.run("await P.select(1);")
    assert [plain(one) for one in tab.texts(".headline")] == told[1:]
    assert "bad" in tab.page.locator(".headline").get_attribute("class")
    tab.run("await P.select(0); await P.beside(1);")
    assert [plain(one) for one in tab.texts(".headline")] == [f"open: {told[0]}", f"walled: {told[1]}"]


def test_two_structures_side_by_side(tab, two, scene_of_page):
    alone = tab.pixels()
    tab.page.get_by_label("Beside it").select_option("1")
    both = tab.pixels()
    middle = both.shape[1] // 2
    assert drawn(both[:, :middle])
    assert drawn(both[:, middle:])
    assert apart(alone, both) > 0.1
    assert sorted(tab.texts(".tile-name")) == ["open", "walled"]
    cells = tab.page.locator("[data-counter='tpb.active']").all_text_contents()
    assert cells == [
        next(one["text"] for one in structure["counters"] if one["id"] == "tpb.active")
        for structure in scene_of_page(two)["structures"]
    ]


def test_what_is_not_there_cannot_be_chosen_and_nothing_stands_beside_itself(tab):
    for call in ("P.select(2)", "P.beside(2)", "P.preset('none')"):
        told = tab.run(f"try {{ {call}; }} catch (error) {{ return error.message; }}")
        assert told.startswith(("there is no structure 2", "this structure has no preset none"))
    tab.run("P.beside(0);")
    assert tab.value("P.state().beside") is None
    assert tab.value("P.error") is None


def test_light_and_dark(show, two):
    papers = {}
    for scheme in ("light", "dark"):
        tab = show(two, color_scheme=scheme)
        paper = "getComputedStyle(document.body).backgroundColor"
        papers[scheme] = tab.value(paper)
        other = "Dark" if scheme == "light" else "Light"
        tab.page.get_by_role("button", name=other, exact=True).click()
        papers[scheme, "chosen"] = tab.value(paper)
    assert papers["light"] == papers["dark", "chosen"]
    assert papers["dark"] == papers["light", "chosen"]
    assert papers["light"] != papers["dark"]


def test_it_fits_a_phone(show, two):
    tab = show(two, size=(380, 780), has_touch=True, is_mobile=True, device_scale_factor=2)
    assert tab.value("document.documentElement.scrollWidth") <= 380
    assert drawn(tab.pixels())
    small = tab.page.locator("button").evaluate_all("all => all.filter(one => one.offsetHeight < 40).length")
    assert small == 0


def test_one_finger_turns_and_two_come_nearer(show, two):
    tab = show(two, size=(380, 780), has_touch=True, is_mobile=True)
    box = tab.page.locator("#view").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = tab.page.context.new_cdp_session(tab.page)

    def touch(kind, *points):
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]})

    def camera_after(*ways):
        touch("touchStart", *[way[0] for way in ways])
        for points in zip(*ways, strict=True):
            touch("touchMove", *points)
        touch("touchEnd")
        tab.run("await P.frame();")
        return np.array(tab.value("P.state().camera"))

    first = np.array(tab.value("P.state().camera"))
    turned = camera_after([(x + 8 * step, y) for step in range(8)])
    assert np.linalg.norm(turned) == pytest.approx(np.linalg.norm(first))
    assert turned @ first < 0.98 * first @ first
    apart = [[(x + side * (20 + 8 * step), y) for step in range(8)] for side in (-1, 1)]
    assert np.linalg.norm(camera_after(*apart)) < 0.9 * np.linalg.norm(first)


def test_side_by_side_on_a_phone_names_labels_and_buttons_keep_apart(show, two):
    tab = show(two, size=(380, 780), has_touch=True, is_mobile=True)
    tab.run("await P.beside(1); P.step(200); await P.frame();")
    boxes = {
        name: [one.bounding_box() for one in tab.page.locator(name).all()] for name in (".face-label", ".tile-name")
    }
    for name in boxes[".tile-name"]:
        for label in boxes[".face-label"]:
            assert label["y"] >= name["y"] + name["height"] or label["y"] + label["height"] <= name["y"]
    # Words of the buttons stay in one line, whatever the animation counted beside them.
    assert max(one.bounding_box()["height"] for one in tab.page.locator(".tools button").all()) < 48
    assert [" stuck" in one or " reactions" in one for one in tab.texts("#view-counts > span")] == [True, True]


def test_many_notes_do_not_push_the_view_away(show, two, scene_of_page, rewritten):
    scene = scene_of_page(two)
    scene["notes"] = [f"note {number}" for number in range(9)]
    tab = show(rewritten(scene))
    assert tab.texts("#notes li:visible") == ["note 0", "note 1", "note 2"]
    tab.page.get_by_text("6 more notes").click()
    assert len(tab.texts("#notes li:visible")) == 9


def test_the_picture_is_saved_as_png(tab):
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Save picture").click()
    assert re.fullmatch(r"open\.png", download.value.suggested_filename)
    assert download.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_every_control_has_a_name(tab):
    nameless = tab.page.locator("button, input, select, canvas").evaluate_all(
        "all => all.filter(one => !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length))"
        ".map(one => one.outerHTML)"
    )
    assert nameless == []
