// What of a section is seen: the phases, which are the legend too, the part of their networks, and the triple points.
import { phaseColours } from "../colours.js";
import { choice, make } from "../dom.js";
import { POINT } from "./flat_view.js";

const PARTS = [["whole", "Whole"], ["y", "Joins both ends of y"], ["x", "Joins both ends of x"]];

export function flatControls(store, actions) {
  const phases = make("div", { id: "phases", class: "phases flat-legend" });
  const part = choice("Part of each phase", PARTS, actions.part, { id: "part" });
  const points = make("input", { type: "checkbox", id: "points", onchange: () => actions.points(points.checked) });
  const pointsRow = make("label", { class: "tick" }, points, make("i", { class: "dot point", colour: POINT.fill }), make("span", {}, "triple points"));
  const greyed = make("p", { class: "fine" }, "Greyed: not joined to both ends of the axis in this plane. A section does not show what is joined in three dimensions.");
  const element = make("div", { class: "controls card" }, make("h2", { class: "small" }, "Phases"), phases, part.element, greyed);
  let boxes = [];

  function show(section) {
    const state = store.get();
    const colours = phaseColours(section.phases);
    boxes = section.phases.map((phase, position) => {
      const box = make("input", { type: "checkbox", onchange: () => actions.visible(phase.name, box.checked) });
      box.checked = state.visible[phase.name] !== false;
      const role = phase.role && make("small", {}, `carries ${phase.role}`);
      return make("label", { class: "tick", "data-phase": phase.name }, box, make("i", { class: "swatch", colour: colours[position] }), make("span", {}, phase.name, role));
    });
    phases.replaceChildren(...boxes, ...(section.tpb ? [pointsRow] : []));
    points.checked = state.points;
    part.mark(state.part);
    greyed.hidden = state.part === "whole";
  }
  return { element, show };
}
