// Colour and opacity of every (label, network) pair: the one table that presets, checkboxes and sliders write.
import { bytesOf, phaseColours } from "../colours.js";
import { SPANNING, SUPPLIED, UNKNOWN } from "../data/structure.js";

export const WIDTH = 256;
export const HEIGHT = 8;
const GREY = [150, 154, 160];

/** Whether a voxel with these network bits is in the chosen part of its phase. */
export function inPart(part, bits, phase) {
  if (part === "spanning") return (bits & SPANNING) !== 0;
  if (part === "blocked") return phase.reservoir !== null && (bits & SUPPLIED) === 0;
  return true;
}

/** (HEIGHT, WIDTH) RGBA bytes, row by network bits, column by label. */
export function lookupTable(structure, { part, visible, opacity }) {
  const table = new Uint8Array(WIDTH * HEIGHT * 4);
  const colours = phaseColours(structure.phases).map(bytesOf);
  structure.phases.forEach((phase, position) => {
    for (let bits = 0; bits < HEIGHT; bits++) {
      const shown = visible[phase.name] !== false && inPart(part, bits, phase);
      const alpha = shown ? (opacity[phase.name] ?? 1) : 0;
      const faded = part === "blocked" && bits & UNKNOWN;
      const colour = colours[position].map((value, channel) => (faded ? 0.3 * value + 0.7 * GREY[channel] : value));
      table.set([...colour.map(Math.round), Math.round(255 * alpha)], 4 * (bits * WIDTH + phase.label));
    }
  });
  return table;
}

/** Whether any voxel of the structure is shown at all. */
export function showsAnything(structure, state) {
  const table = lookupTable(structure, state);
  const { labels, network } = structure;
  for (let voxel = 0; voxel < labels.length; voxel++) {
    if (table[4 * ((network[voxel] & 7) * WIDTH + labels[voxel]) + 3] > 0) return true;
  }
  return false;
}
