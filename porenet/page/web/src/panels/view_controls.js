// What of the structure is shown: presets, phases, part of the networks, cutaway.
import { phaseColours } from "../colours.js";
import { AXES } from "../data/structure.js";
import { choice, make, slider } from "../dom.js";
import { presetsOf } from "../presets.js";
import { cutVoxels } from "../view/stage.js";
import { rangePair } from "./range_pair.js";

const PARTS = [["whole", "Whole"], ["spanning", "Percolating"], ["blocked", "Not supplied"]];
export const WHOLE_BOX = Object.freeze({ z: [0, 1], y: [0, 1], x: [0, 1] });

export function viewControls(store, actions) {
  const presets = make("div", { id: "presets" });
  const phases = make("div", { id: "phases", class: "phases" });
  const cuts = Object.fromEntries(AXES.map((axis) => [axis, rangePair(`Cut ${axis}`, (low, high) => actions.cut(axis, low, high))]));
  const part = choice("Part of each phase", PARTS, (value) => store.set({ part: value, preset: null }), { id: "part" });
  let shownFor = null;
  let marks = {};

  /** Builds what depends on the structure's phases. */
  function build(structure) {
    shownFor = structure;
    const colours = phaseColours(structure.phases);
    const preset = choice("Presets", presetsOf(structure), actions.preset);
    presets.replaceChildren(preset.element);
    const rows = structure.phases.map((phase, position) => phaseRow(phase, colours[position], actions));
    phases.replaceChildren(...rows.map((row) => row.element));
    marks = { preset, rows };
  }

  function show(structure) {
    if (structure !== shownFor) build(structure);
    const state = store.get();
    marks.preset.mark(state.preset);
    marks.rows.forEach((row) => row.show(state));
    part.mark(state.part);
    AXES.forEach((axis, position) => {
      const size = structure.shape[position];
      const edge = structure.voxel_um[position];
      cuts[axis].show(cutVoxels(state.clip[axis], size), size, (index) => `${Number((index * edge).toPrecision(3))} µm`);
    });
    unknown.hidden = state.part !== "blocked";
  }

  const unknown = make("p", { class: "legend" }, make("span", {}, make("i", { class: "dot", colour: "#96a09f" }), "greyed: touches a side of the box, beyond which it may be supplied"));
  const element = make("div", { class: "controls card" },
    make("h2", { class: "small" }, "Show"), presets, unknown,
    make("h2", { class: "small" }, "Phases"), phases, part.element,
    make("h2", { class: "small" }, "Cut open"), ...AXES.map((axis) => cuts[axis].element),
  );
  return { element, show };
}

function phaseRow(phase, colour, actions) {
  const box = make("input", { type: "checkbox", onchange: () => actions.visible(phase.name, box.checked) });
  const opacity = slider(`Opacity of ${phase.name}`, { min: 0, max: 1, step: 0.01, value: 1, text: (value) => `${Math.round(100 * value)} %` }, (value) => actions.opacity(phase.name, value));
  const role = phase.role && make("small", {}, `carries ${phase.role}${phase.reservoir ? ` from ${phase.reservoir.replace("_", " ")}` : ""}`);
  const element = make("div", { class: "phase", "data-phase": phase.name }, make("label", { class: "tick" }, box, make("i", { class: "swatch", colour }), make("span", {}, phase.name, role)), opacity.element);
  return {
    element,
    show({ visible, opacity: opacities }) {
      box.checked = visible[phase.name] !== false;
      opacity.show(opacities[phase.name] ?? 1);
      opacity.input.disabled = !box.checked;
    },
  };
}
