// A scale bar: a round length of about a fifth of the view, with its text.

const SHARE = 0.22;

/** The longest of 1, 2, 5 times a power of ten that is at most `longest` um. */
export function roundLength(longest) {
  const power = 10 ** Math.floor(Math.log10(longest));
  return [5, 2, 1].map((digit) => digit * power).find((length) => length <= longest * (1 + 1e-9));
}

export const lengthText = (um) => (um < 1 ? `${Number((1000 * um).toPrecision(3))} nm` : um < 1000 ? `${Number(um.toPrecision(3))} µm` : `${Number((um / 1000).toPrecision(3))} mm`);

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
