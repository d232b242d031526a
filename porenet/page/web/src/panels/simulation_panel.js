// The particles' controls and what they count.
import { SPECIES_COLOURS, STUCK } from "../colours.js";
import { choice, make, slider } from "../dom.js";
import { MODES } from "../simulation/species.js";

export function simulationPanel(store, actions) {
  const play = make("button", { type: "button", class: "primary", id: "play", onclick: () => actions.toggle() }, "Play");
  const again = make("button", { type: "button", id: "restart", onclick: () => actions.restart() }, "Start again");
  const mode = choice("Mode", Object.keys(MODES).map((name) => [name, name[0].toUpperCase() + name.slice(1)]), (value) => store.set({ mode: value }), { id: "mode" });
  const speed = slider("Speed", { min: 4, max: 120, step: 1, value: store.get().speed, text: (value) => `${value} voxels/s` }, (value) => store.set({ speed: value }));
  const flow = slider("Flow", { min: 1, max: 60, step: 1, value: store.get().flow, text: (value) => `${value} /s` }, (value) => store.set({ flow: value }));
  const reaction = make("p", { class: "reaction" });
  const counts = make("div", { id: "simulation-counts", class: "tallies" });
  const why = make("p", { class: "fine", id: "simulation-note" });
  const brief = make("p", { id: "view-counts", class: "brief" });
  const element = make("section", { id: "simulation", class: "card", "aria-labelledby": "simulation-title" },
    make("h2", { id: "simulation-title" }, "Walk the networks"),
    make("div", { class: "row" }, play, again, mode.element),
    reaction,
    make("div", { class: "two" }, speed.element, flow.element),
    make("h3", {}, "Counted by this animation"), counts, why);

  /** @param {object[]} simulations of the structures shown, or an empty list before the first */
  function show(simulations) {
    const state = store.get();
    play.textContent = state.playing ? "Pause" : "Play";
    play.setAttribute("aria-pressed", String(state.playing));
    mode.mark(state.mode);
    const possible = simulations.some((one) => one.possible);
    const reacting = simulations.some((one) => one.sites);
    mode.element.hidden = simulations.length > 0 && !reacting;
    reaction.textContent = simulations.length === 0 || reacting ? MODES[state.mode].text : "";
    play.disabled = simulations.length > 0 && !possible;
    why.textContent = explanation(simulations.length > 0, possible, reacting);
    brief.replaceChildren(...simulations.filter((one) => one.possible && one.counts.in > 0).map((one) => line(one, simulations.length > 1)));
    counts.replaceChildren(...simulations.filter((one) => one.possible).map((one) => tally(one, simulations.length > 1)));
  }
  show([]);
  return { element, brief, show };
}

function explanation(started, possible, reacting) {
  if (!started) return "Each particle takes a shortest way through the voxels of its own phase, found from the labels. Its counts say how the ways run, not how fast a cell would.";
  if (!possible) return "No reservoirs are known for these phases, so nothing can enter. Name them under [grid.reservoirs] of the grid file and write the page again.";
  if (!reacting) return "Without a triple-phase boundary whose three phases have a role and a reservoir nothing reacts here: particles try to cross the box.";
  return "Particles take shortest ways through the voxels of their phase. One let in at a place that leads to no active boundary walks as deep as its way goes and is stuck there.";
}

/** What the animation counted, short enough to stand in the view; nothing before the first particle. */
function line({ counts, sites, structure }, named) {
  const stuck = counts.stuck > 0 && make("span", {}, make("i", { class: "cross", colour: STUCK, "aria-hidden": "true" }, "✕ "), `${counts.stuck} stuck`);
  return make("span", {}, named && `${structure.name}: `, sites ? `${counts.reacted} reactions` : `${counts.out} crossed`, stuck && [", ", stuck]);
}

function tally(simulation, named) {
  const rows = simulation.lines.map((line) => {
    const { in: came, stuck, out } = simulation.counts.bySpecies[line.key];
    const mark = make("i", { class: "dot", colour: SPECIES_COLOURS[line.species] });
    return make("tr", {}, make("th", { scope: "row" }, mark, line.text), line.way === "in"
      ? [count("let in", came), count(simulation.sites ? "stuck" : "crossed", simulation.sites ? stuck : out, simulation.sites && stuck > 0), !simulation.sites && count("stuck", stuck, stuck > 0)]
      : [make("td", { class: "none" }, "made at the sites"), count("left", out)]);
  });
  return make("div", { class: "tally" },
    named && make("h4", {}, simulation.structure.name),
    simulation.sites && make("p", { class: "big" }, make("b", { "data-count": "reacted" }, simulation.counts.reacted), " reactions, ", make("b", { "data-count": "stuck", class: simulation.counts.stuck > 0 ? "bad" : null }, simulation.counts.stuck), " stuck"),
    make("table", {}, make("tbody", {}, rows)),
    simulation.counts.stuck > 0 && make("p", { class: "legend" }, make("span", {}, make("i", { class: "cross", colour: STUCK }, "✕"), "stuck")));
}

const count = (what, number, bad = false) => make("td", { class: bad ? "bad" : null }, make("b", {}, number), ` ${what}`);
