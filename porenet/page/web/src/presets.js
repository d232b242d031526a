// What a preset shows: which phases how opaque, which part of their networks, and whether the triple-phase boundary.

const GHOST = 0.05;

/** The phase whose transport the page is about: the gas, or without one nothing in particular. */
const gasOf = (phases) => phases.find((phase) => phase.role === "gas") ?? phases.find((phase) => /^(pores?|void|gas)$/i.test(phase.name));

/** [[name, text, title]] of the presets that make sense for these phases. */
export function presetsOf(structure) {
  const gas = gasOf(structure.phases);
  const told = gas ? gas.name : "every phase";
  return [
    ...(gas && structure.phases.length > 1 ? [["solids", "Solids", `All phases but ${gas.name}`]] : []),
    ["all", "All", "All phases, opaque"],
    ...structure.phases.map((phase) => [`phase:${phase.name}`, `${phase.name} alone`, `Only ${phase.name}`]),
    ["percolating", "Percolating", `What of ${told} is joined to both z faces`],
    ["blocked", "Blocked", `What of ${told} its reservoir does not reach`],
    ...(structure.tpb ? [["tpb", "TPB", "Triple-phase boundary: active, unknown, inactive"]] : []),
    ["flow", "Flow", "Everything faint, for the particles"],
  ];
}

export const firstPreset = (structure) => presetsOf(structure)[0][0];

/** The view that a preset stands for, or null where the structure has no such preset. */
export function presetView(name, { phases, tpb }) {
  const gas = gasOf(phases);
  const each = (visible, opacity) => ({
    visible: Object.fromEntries(phases.map((phase) => [phase.name, visible(phase)])),
    opacity: Object.fromEntries(phases.map((phase) => [phase.name, opacity(phase)])),
  });
  const whole = { preset: name, part: "whole", sites: false };
  const story = (phase) => !gas || phase === gas;
  if (name === "all") return { ...whole, ...each(() => true, () => 1) };
  if (name === "solids" && gas) return { ...whole, ...each((phase) => phase !== gas, () => 1) };
  if (name === "percolating") return { ...whole, part: "spanning", ...each(story, () => 1) };
  if (name === "blocked") return { ...whole, part: "blocked", ...each(story, () => 1) };
  if (name === "tpb" && tpb) return { ...whole, sites: true, ...each((phase) => phase !== gas, () => GHOST) };
  if (name === "flow") return { ...whole, ...each((phase) => phase !== gas, () => 0.055) };
  if (name.startsWith("phase:")) {
    const wanted = phases.find((phase) => phase.name === name.slice(6));
    if (wanted) return { ...whole, ...each((phase) => phase === wanted, () => 1) };
  }
  return null;
}
