// The page of sections: images in place of the view in three dimensions, and nothing that moves.
import { make } from "../dom.js";
import { comparison } from "../panels/comparison.js";
import { counters } from "../panels/counters.js";
import { header, notes } from "../panels/header.js";
import { headline } from "../panels/headline.js";
import { phaseLegend } from "../panels/phase_legend.js";
import { reading } from "../panels/reading.js";
import { structures } from "../panels/structures.js";
import { training } from "../panels/training.js";
import { createStore } from "../store.js";
import { flatControls } from "./flat_controls.js";
import { FlatSession, WHOLE } from "./flat_session.js";

const ENTRIES = [
  ["Area fraction, perimeter, triple points", "per area of the section. Perimeter per area has the unit of surface per volume and another value; docs/stereology.md tells how the two are related."],
  ["Joins both ends", "joined across sides of pixels of its own phase, in this plane, from one end of the axis to the other."],
  ["What a section does not show", "what is joined, supplied or active in three dimensions. A phase that ends in the plane may go on in front of it or behind it, so that nothing here says that it is blocked."],
  ["Soft and hard", "a generator writes probabilities; what is saved is the most probable phase. A soft value can be perfect while the hard structure is broken, which is why both are shown."],
  ["Moving the view", "wheel or the buttons to come nearer, drag to move; with the keyboard: + and −, arrows, 0 for the whole section."],
];

/** As `buildPage`, of a scene of sections. */
export function buildFlatPage(scene, page, fail) {
  const store = createStore({ shown: 0, beside: null, theme: "system", ...WHOLE });
  const session = new FlatSession(scene, store, fail);
  const controls = flatControls(store, session.actions);
  const legend = phaseLegend(store, session.actions.visible);
  const frame = make("div", { class: "window flat-window", id: "sections" });
  const size = make("p", { class: "size", id: "size" });
  const button = (id, text, act, label) => make("button", { type: "button", id, onclick: act, "aria-label": label }, text);
  page.replaceChildren(
    header(scene, store),
    structures(scene, store, session.actions.select),
    headline(scene, store),
    make("main", { class: "stage" },
      make("div", { class: "look" },
        make("div", { class: "viewer flat" }, legend.element, frame,
          make("div", { class: "tools" },
            button("nearer", "+", () => session.actions.nearer(1.5), "Nearer"), button("farther", "−", () => session.actions.nearer(1 / 1.5), "Farther"),
            button("home", "Whole", () => session.actions.nearer(0)), button("save", "Save picture", () => session.actions.save()))),
        size,
        make("p", { class: "fine", id: "view-keys" }, "Wheel to come nearer, drag to move; keys: + and −, arrows, 0."),
        controls.element),
      make("div", { class: "side" }, counters(scene, store, "section"))),
    ...[notes(scene), comparison(scene), training(scene, store), reading(ENTRIES)].filter(Boolean),
    make("footer", {}, make("p", {}, "This file is complete in itself and asks nothing of any network.")),
  );
  return { actions: session.handle(), first: session.start({ window: frame, controls, legend, size }) };
}
