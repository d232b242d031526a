// A scale bar: a round length of about a fifth of the view, with its text.
import { lengthText, roundLength } from "../lengths.js";

const SHARE = 0.22;

/** Draws the bar into the lower left corner. `scale`: screen pixels per um. */
export function drawScaleBar(pen, { width, height, scale, style }) {
  const um = roundLength((SHARE * width) / scale);
  const [length, text] = [um * scale, lengthText(um)];
  pen.font = "600 13px ui-sans-serif, system-ui, sans-serif";
  const across = Math.max(length, pen.measureText(text).width) + 20;
  const [left, top] = [10, height - 52];
  pen.globalAlpha = 0.86;
  pen.fillStyle = style.paper;
  pen.fillRect(left, top, across, 42);
  pen.globalAlpha = 1;
  pen.fillStyle = style.ink;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.fillText(text, left + 10, top + 15);
  pen.fillRect(left + 10, top + 28, length, 4);
  return { um, text, length };
}
