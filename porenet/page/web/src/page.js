// Puts the panels together; the view comes first, and what stands beside it needs no graphics to be read.
import { make } from "./dom.js";
import { comparison } from "./panels/comparison.js";
import { counters } from "./panels/counters.js";
import { header, notes } from "./panels/header.js";
import { headline } from "./panels/headline.js";
import { phaseLegend } from "./panels/phase_legend.js";
import { reading } from "./panels/reading.js";
import { shares } from "./panels/shares.js";
import { simulationPanel } from "./panels/simulation_panel.js";
import { structures } from "./panels/structures.js";
import { training } from "./panels/training.js";
import { WHOLE_BOX, viewControls } from "./panels/view_controls.js";
import { firstPreset, presetView } from "./presets.js";
import { Session } from "./session.js";
import { createStore } from "./store.js";
import { FaceLabels } from "./view/face_labels.js";
import { listenToKeys } from "./view/keyboard.js";
import { ScaleLines } from "./view/scale_lines.js";
import { Viewer } from "./view/viewer.js";

/**
 * @param {(error: Error) => void} fail told of anything that cannot be shown
 * @returns {{actions: object, first: Promise<void>}} `first`: until the first structure has been drawn
 */
export function buildPage(scene, page, fail) {
  const store = createStore({
    shown: 0, beside: null, clip: WHOLE_BOX, theme: "system", playing: false, mode: "fuel cell", speed: 24, flow: 12,
    ...presetView(firstPreset(scene.structures[0]), scene.structures[0]),
  });
  const canvas = make("canvas", { id: "view", tabindex: "0", role: "application", "aria-label": "The structure in three dimensions", "aria-describedby": "view-keys" });
  const layer = make("div", { class: "labels" });
  const hint = make("p", { id: "hint", class: "hint", role: "status" });
  const size = make("p", { class: "size", id: "size" });
  const session = new Session(scene, store, fail);
  const controls = viewControls(store, session.actions);
  const legend = phaseLegend(store, session.actions.turn);
  const panel = simulationPanel(store, session.actions);
  const button = (id, text, told) => make("button", { type: "button", id, onclick: told }, text);

  const play = button("view-play", "Play", () => session.actions.toggle());
  store.watch(["playing"], () => {
    play.textContent = store.get().playing ? "Pause" : "Play";
  });

  page.replaceChildren(
    header(scene, store),
    ...[structures(scene, store, session.actions.select), shares(scene)].filter(Boolean),
    headline(scene, store),
    make("main", { class: "stage" },
      make("div", { class: "look" },
        make("div", { class: "viewer" }, legend.element, make("div", { class: "window" }, canvas, layer, legend.sites, hint),
          make("div", { class: "tools" }, play, panel.brief, button("home", "Reset", () => session.actions.reset()), button("save", "Save picture", () => session.actions.save()))),
        size,
        make("p", { class: "fine", id: "view-keys" }, "Drag to turn, wheel or pinch to come nearer; keys: arrows, + and −, 0."),
        controls.element, panel.element),
      make("div", { class: "side" }, counters(scene, store))),
    ...[notes(scene), comparison(scene), training(scene, store), reading()].filter(Boolean),
    make("footer", {}, make("p", {}, "This file is complete in itself and asks nothing of any network. 3-D drawing by three.js (MIT licence, text in the source of this file).")),
  );

  const first = session.start({ controls, legend, panel, hint, size }, () => {
    const labels = new FaceLabels(layer);
    const lines = new ScaleLines(layer);
    const viewer = new Viewer(canvas, (tile) => {
      labels.place(tile, store.get().beside !== null);
      lines.place(tile);
    });
    listenToKeys(canvas, viewer);
    return { viewer, labels, lines, layer };
  });
  return { actions: session.handle(), first };
}
