"""The scores and the curves beside the structure, in a real browser."""

import copy

import numpy as np
import pytest

CELL = {"value": 0.91, "low": 0.85, "high": 0.96, "verdict": "OK", "reason": None}


def row(quantity, published, **cell):
    cells = [CELL | cell, CELL | {"value": None, "reason": "all are undefined"}]
    return {
        "quantity": quantity,
        "published": published,
        "unit": "µm⁻²",
        "score": "s_value",
        "ceiling": "0.94",
        "cells": cells,
    }


@pytest.fixture(scope="module")
def html(page_of, scene_of_page, rewritten):
    scene = copy.deepcopy(scene_of_page(page_of({"plain": np.arange(60).reshape(3, 4, 5) % 3})))
    rows = [row("connectivity pore", True), row("tpb total", True)]
    rows += [row(f"other {number}", False, verdict="Fail") for number in range(9)]
    scene["comparison"] = {"reference": "the real one", "columns": ["run_a", "run_b"], "rows": rows}
    steps = list(range(0, 200, 10))
    term = {"label": "ssa", "read": [2.5] * 20, "soft": [None, *[1.5] * 19], "hard": [float(one) for one in steps]}
    scene["runs"][0].update(
        kind="run", steps=200,
        losses=[{"label": "ssa", "loss": "porenet:ssa", "weight": 1, "unit": "µm⁻¹", "summary": "", "caveats": []}],
        curves={"step": steps, "relax": "soft", "terms": [term | {"fooled": [None] * 20}], "phases": []},
    )  # fmt: skip
    return rewritten(scene)


@pytest.fixture
def tab(show, html):
    return show(html, size=(900, 600))


def test_published_scores_come_first_and_all_rows_on_demand(tab):
    assert tab.page.locator("#scores-first tbody th").all_text_contents() == ["connectivity poreµm⁻²", "tpb totalµm⁻²"]
    assert not tab.page.locator("#scores-all").is_visible()
    tab.page.get_by_text("All 11 rows").click()
    assert tab.page.locator("#scores-all tbody tr").count() == 11
    assert tab.page.locator("#scores-all").is_visible()


def test_scores_without_a_published_one_are_all_shown(show, html, scene_of_page, rewritten):
    scene = scene_of_page(html)
    for one in scene["comparison"]["rows"]:
        one["published"] = False
    tab = show(rewritten(scene), size=(640, 480))
    assert tab.page.locator("#scores-first tbody tr").count() == 11
    assert tab.page.locator("details").count() == 0


DECISION = {
    "label": "Fail",
    "word": "differs",
    "distance": 1.4,
    "lower": 1.05,
    "upper": 1.72,
    "why": "location +1.4 sd",
}


def test_decisions_and_shares_are_read_before_the_scores(show, html, scene_of_page, rewritten):
    scene = scene_of_page(html)
    scene["runs"][0]["shares"] = [
        {"text": "32 of 50 structures have no pore channel from z = 0 to z = max", "tone": "bad"},
        {"text": "Ni: a network from z = 0 to z = max in all 50 structures", "tone": "good"},
    ]
    undecided = DECISION | {"label": "undecided", "word": "undecided", "needed": "about 120 generated", "why": ""}
    match, missing = DECISION | {"label": "OK", "word": "match"}, {"label": None, "word": "not measured"}
    scene["comparison"] |= {
        "summaries": [["run_a: 50 generated against 50 real", "1 match, 1 differs"], []],
        "decisions": [
            {"quantity": "tpb total", "unit": "µm⁻²", "folded": False, "cells": [DECISION, undecided]},
            {"quantity": "vf <b>", "unit": "1", "folded": True, "cells": [match, missing]},
        ],
    }
    scene["comparison"]["rows"][0]["cells"][0] |= {"low": None, "high": None, "no_interval": "one block"}
    tab = show(rewritten(scene), size=(640, 480))
    assert tab.texts("#shares li") == [
        "✕32 of 50 structures have no pore channel from z = 0 to z = max",
        "✓Ni: a network from z = 0 to z = max in all 50 structures",
    ]
    assert tab.texts("#comparison .summary p") == ["run_a: 50 generated against 50 real", "1 match, 1 differs"]
    first, second = tab.page.locator("#decisions tbody td").all_text_contents()
    assert first == "✕1.40differs[1.05, 1.72]location +1.4 sd"
    assert second == "?1.40undecided[1.05, 1.72]needs about 120 generated"
    tab.page.get_by_text("1 more quantity matches in every run").click()
    assert tab.page.locator("#decisions-matching th[scope=row]").text_content() == "vf <b>"
    assert tab.page.locator("#decisions-matching td.none").text_content() == "not measured"
    assert not tab.page.locator("#scores-first").is_visible()
    tab.page.get_by_text("Published scores: 11 rows").click()
    assert "no interval: one block" in tab.page.locator("#scores-first td").nth(1).text_content()


def test_scores_on_a_phone_need_no_scrolling_sideways(show, html):
    tab = show(html, size=(380, 780), is_mobile=True, has_touch=True)
    tab.page.locator("summary").click()
    wider = "all => all.filter(one => one.scrollWidth > one.clientWidth).length"
    assert tab.page.locator(".scroll").evaluate_all(wider) == 0
    edges = tab.page.locator(".scores td *, .scores th").evaluate_all(
        "all => all.filter(one => one.offsetWidth > 1 && !one.closest('thead'))"
        ".map(one => one.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    assert min(left for left, _ in edges) >= 0
    assert max(right for _, right in edges) <= 380
    heads = (
        tab.page.locator("#scores-first tbody tr")
        .first.locator("td")
        .evaluate_all("all => all.map(one => getComputedStyle(one, '::before').content)")
    )
    assert heads == ['"Score"', '"run_a"', '"run_b"', '"Ceiling"']


def test_a_curve_tells_its_values_at_a_step_chosen_by_keys_or_pointer(tab):
    chart = tab.page.get_by_role("slider", name="ssa: step")
    read = tab.page.locator(".chart .readout")
    assert read.inner_text() == "step 190: read 2.5, soft 1.5, hard 190 µm⁻¹"
    chart.focus()
    chart.press("Home")
    assert read.inner_text() == "step 0: read 2.5, hard 0 µm⁻¹"
    assert chart.get_attribute("aria-valuetext") == read.inner_text()
    chart.press("ArrowRight")
    assert (chart.get_attribute("aria-valuenow"), read.inner_text()) == (
        "10",
        "step 10: read 2.5, soft 1.5, hard 10 µm⁻¹",
    )
    chart.press("PageUp")
    assert read.inner_text().startswith("step 30:")
    chart.press("End")
    chart.press("ArrowRight")
    assert read.inner_text().startswith("step 190:")
    box = chart.bounding_box()
    chart.hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert 80 <= int(read.inner_text().split()[1].rstrip(":")) <= 120
    assert tab.page.locator(".chart .cursor").get_attribute("visibility") == "visible"


def test_a_log_of_one_step_is_a_point_with_one_number_below(show, html, scene_of_page, rewritten):
    scene = scene_of_page(html)
    curves = scene["runs"][0]["curves"]
    curves["step"] = [7]
    curves["terms"] = [{key: one if key == "label" else one[-1:] for key, one in curves["terms"][0].items()}]
    tab = show(rewritten(scene), size=(640, 480))
    assert tab.page.locator(".chart svg text").all_text_contents().count("7") == 1
    assert tab.page.inner_text(".chart .readout") == "step 7: read 2.5, soft 1.5, hard 190 µm⁻¹"


def test_axes_of_a_curve_name_their_units(tab):
    texts = tab.page.locator(".chart svg text").all_text_contents()
    assert "µm⁻¹" in texts
    assert "step" in texts
