// A section as an image of one pixel per pixel: what is hidden is transparent, what is not in the chosen part is greyed.
import { bytesOf, phaseColours } from "../colours.js";
import { SPANS } from "./section.js";

const GREY = [150, 154, 160];
const FADE = 0.78;

/** @returns {HTMLCanvasElement} as wide and high as the section has pixels */
export function pixelsOf(section, { visible, part }) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [section.width, section.height];
  const image = new ImageData(section.width, section.height);
  const table = colourTable(section, visible);
  const bit = SPANS[part] ?? 0;
  section.labels.forEach((label, position) => {
    const inPart = bit === 0 || (section.network[position] & bit) !== 0;
    image.data.set(table[inPart ? 1 : 0][label], 4 * position);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** [outside, inside the part] of RGBA by label. */
function colourTable({ phases }, visible) {
  const colours = phaseColours(phases).map(bytesOf);
  return [FADE, 0].map((fade) => {
    const table = [];
    phases.forEach((phase, position) => {
      const colour = colours[position].map((value, channel) => Math.round((1 - fade) * value + fade * GREY[channel]));
      table[phase.label] = [...colour, visible[phase.name] === false ? 0 : 255];
    });
    return table;
  });
}
