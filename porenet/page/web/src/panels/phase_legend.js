// The phases by colour, above the view: a legend, and switches of what is seen.
import { KIND_COLOURS, phaseColours } from "../colours.js";
import { KINDS } from "../data/sites.js";
import { make } from "../dom.js";

/** Legend of a store of phases; `turn(name, shown)` on a click. Returns {element, sites, show(structure)}; `sites` lies over the view. */
export function phaseLegend(store, turn) {
  const phases = make("div", { class: "legend-phases", role: "group", "aria-label": "Phases" });
  const sites = make("p", { class: "legend over", id: "tpb-legend", hidden: true },
    make("span", {}, "triple-phase boundary:"), KINDS.map((kind) => make("span", {}, make("i", { class: "dot", colour: KIND_COLOURS[kind] }), kind)));
  const element = make("div", { class: "legend-bar", id: "legend" }, phases);

  function show(structure) {
    const { visible, opacity = {}, sites: boundary } = store.get();
    const colours = phaseColours(structure.phases);
    const seen = ({ name }) => visible[name] !== false && (opacity[name] ?? 1) > 0;
    phases.replaceChildren(...structure.phases.map((phase, position) => make("button", {
      type: "button", class: "legend-phase", "data-legend": phase.name, "aria-pressed": String(seen(phase)), title: `${seen(phase) ? "Hide" : "Show"} ${phase.name}`,
      onclick: () => turn(phase.name, !seen(phase)),
    }, make("i", { class: "swatch", colour: colours[position] }), phase.name)));
    sites.hidden = !boundary;
  }
  return { element, sites, show };
}
