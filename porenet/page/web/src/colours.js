// Colours that stay apart for colour-blind eyes: phases by what they are, particles and edges from Okabe and Ito's set.

import { names, others as OTHERS, roles as OF_ROLE } from "../../colours.json";

const OF_NAME = Object.entries(names).map(([role, words]) => [new RegExp(`^(${words.join("|")})\\b`, "i"), OF_ROLE[role]]);

export const KIND_COLOURS = { active: "#2f9be0", unknown: "#a3a9b2", inactive: "#d9631e" };
export const STUCK = "#d9431e";
export const SPECIES_COLOURS = { fuel: "#009e73", steam: "#6ec1ef", ion: "#cc5f9a", electron: "#f2d21f", carrier: "#009e73" };

/** Hex colour of each phase of a structure, in order. */
export function phaseColours(phases) {
  const taken = new Set();
  let next = 0;
  return phases.map((phase) => {
    const told = OF_ROLE[phase.role] ?? OF_NAME.find(([pattern]) => pattern.test(phase.name))?.[1];
    if (told && !taken.has(told)) {
      taken.add(told);
      return told;
    }
    const spare = next < OTHERS.length ? OTHERS[next] : hue(next);
    next += 1;
    return spare;
  });
}

/** The golden angle gives any number of hues, neighbours far apart. */
function hue(number) {
  const turn = (number * 137.508) % 360;
  const channel = (offset) => {
    const k = (offset + turn / 30) % 12;
    return Math.round(255 * (0.58 - 0.27 * Math.max(-1, Math.min(k - 3, 9 - k, 1)))).toString(16).padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/** [r, g, b] in 0 to 255. */
export function bytesOf(hex) {
  return [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
}
