"""What the page does with unusual structures and broken scenes, in a real browser."""

import base64
import copy
import gzip

import numpy as np
import pytest

NI, YSZ, PORE = range(3)


def layers(shape=(6, 5, 4), phases=3):
    """Slabs across x, one a phase; every phase spans z."""
    labels = np.zeros(shape, int)
    labels[:] = np.arange(shape[2]) * phases // shape[2]
    return labels


@pytest.fixture(scope="module")
def plain(page_of):
    return page_of({"plain": layers()})


@pytest.fixture
def scene(plain, scene_of_page):
    return copy.deepcopy(scene_of_page(plain))


def shown(pixels):
    return (pixels[..., 3] > 128).mean() > 0.01


def grid(phases, reservoirs=""):
    names = ", ".join(f'"{phase}"' for phase in phases)
    return f"[grid]\nphases = [{names}]\nvoxel_um = [0.1, 0.1, 0.1]\n{reservoirs}"


@pytest.mark.parametrize(
    ("labels", "phases"),
    [
        (np.arange(24).reshape(2, 3, 4) % 2, ("solid", "pore")),
        (layers((5, 4, 10), 5), ("Ni", "YSZ", "GDC", "LSM", "pore")),
        (np.ones((4, 4, 4)), ("Ni", "YSZ", "pore")),
        (layers((1, 9, 12)), ("Ni", "YSZ", "pore")),
        (layers((9, 1, 1), 1), ("Ni", "YSZ", "pore")),
        (layers((3, 21, 7)), ("Ni", "YSZ", "pore")),
    ],
    ids=["two phases", "five phases", "one phase only", "one layer", "a row", "flat"],
)
def test_unusual_structures_are_shown(show, page_of, labels, phases):
    tab = show(page_of({"odd": labels}, grid=grid(phases)), size=(640, 480))
    assert tab.value("P.error") is None
    tab.run("P.preset('all');")
    assert shown(tab.pixels())
    names = tab.page.locator("#presets button").evaluate_all("all => all.map(one => one.dataset.value)")
    for name in names:
        tab.run(f"P.preset({name!r});")
    tab.run("P.step(30); P.clip('z', 0, 0.1);")


def test_names_that_hold_markup_stay_text(show, rewritten, scene):
    hostile = '</script><img src=x onerror="window.hit=1"><b>&amp;'
    scene["title"] = hostile
    scene["notes"] = [hostile]
    scene["runs"][0].update(
        name=hostile, kind="run", steps=2,
        losses=[{"label": hostile, "loss": hostile, "weight": 1, "unit": hostile, "summary": hostile,
                 "caveats": [hostile]}],
        curves={
            "step": [0, 1], "relax": hostile,
            "terms": [{"label": hostile, "read": [1, 2], "soft": [1, None], "hard": [3, 2], "fooled": [True, None]}],
            "phases": [{"name": hostile, "soft": [0.1, 0.2], "hard": [0, 1]}],
        },
    )  # fmt: skip
    scene["comparison"] = {
        "reference": hostile, "columns": [hostile],
        "rows": [{"quantity": hostile, "unit": hostile, "score": hostile, "ceiling": None,
                  "cells": [{"value": None, "low": None, "high": None, "verdict": None, "reason": hostile}]}],
    }  # fmt: skip
    structure = scene["structures"][0]
    structure["name"] = hostile
    structure["headline"] = {"text": hostile, "tone": hostile}
    structure["phases"][2]["name"] = hostile
    structure["faces"] = [{"face": "z_min", "text": hostile}]
    structure["counters"][0].update(label=hostile, text=hostile)
    tab = show(rewritten(scene), size=(640, 480))
    tab.run(f"P.preset('phase:' + {hostile!r}); P.step(5);")
    assert tab.page.title() == hostile
    assert tab.page.inner_text("h1") == hostile
    assert tab.value("window.hit ?? null") is None
    assert tab.page.locator("#page img, #page b:has(img)").count() == 0
    assert tab.texts(".face-label") == [hostile]


def wrong_format(scene):
    scene["format"] = 99


def no_structures(scene):
    scene["structures"] = []


def cut_short(scene):
    scene["structures"][0]["labels"] = scene["structures"][0]["labels"][:-8]


def too_few_voxels(scene):
    scene["structures"][0]["labels"] = base64.b64encode(gzip.compress(b"\0" * 7)).decode()


def unknown_label(scene):
    scene["structures"][0]["labels"] = base64.b64encode(gzip.compress(b"\7" * 120)).decode()


def no_shape(scene):
    del scene["structures"][0]["shape"]


def no_such_site(scene):
    scene["structures"][0]["tpb"]["sites"] = base64.b64encode(gzip.compress(b"\x40" + b"\0" * 119)).decode()


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (wrong_format, "format 99"),
        (no_structures, "no structure"),
        (cut_short, "cannot be unpacked"),
        (too_few_voxels, "7 bytes where its shape asks for 120"),
        (unknown_label, "label 7"),
        (no_shape, "lacks its shape"),
        (no_such_site, "a voxel of its triple-phase boundary holds 64"),
    ],
)
def test_a_broken_scene_says_so(show, rewritten, scene, harm, told):
    harm(scene)
    tab = show(rewritten(scene), size=(640, 480))
    message = tab.page.locator("#message")
    assert message.is_visible()
    assert told in message.inner_text()
    assert tab.value("P.error") == message.inner_text()
    assert tab.value("P.ready") is False


def test_a_page_that_was_cut_short_says_so(show, plain):
    start = plain.index(b'id="scene">')
    end = plain.index(b"</script>", start)
    tab = show(plain[: end - 40] + plain[end:], size=(640, 480))
    assert "cut short" in tab.page.inner_text("#message")


def test_the_empty_page_says_so(show):
    from porenet.page.document import APP

    tab = show(APP.read_bytes(), size=(640, 480))
    assert "holds no scene" in tab.page.inner_text("#message")


def test_without_graphics_the_numbers_are_still_there(show, plain, scene):
    script = "HTMLCanvasElement.prototype.getContext = () => null;"
    tab = show(plain, script=script, complains=True, size=(640, 480))
    assert "WebGL" in tab.page.inner_text("#message")
    assert tab.value("P.error") == tab.page.inner_text("#message")
    told = tab.page.locator("[data-counter]").all_text_contents()
    assert sorted(told) == sorted(one["text"] for one in scene["structures"][0]["counters"])


@pytest.mark.slow
def test_the_largest_volumes_that_are_drawn(show, page_of):
    z, y, x = np.indices((128, 128, 128)) // 9
    tab = show(page_of({"large": (z + 2 * y + 3 * x) % 3}), size=(640, 480))
    assert shown(tab.pixels())
    tab.run("P.preset('tpb'); P.step(10);")
    assert shown(tab.pixels())


def test_a_coarsened_volume_says_so(show, page_of):
    tab = show(page_of({"coarse": layers((6, 6, 9))}, "--max-edge", "5"), size=(640, 480))
    assert "majority" in tab.page.inner_text("#notes")
    assert "majority" in tab.page.inner_text("#size")
