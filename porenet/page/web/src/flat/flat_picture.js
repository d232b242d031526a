// The sections shown as a PNG with what one needs to read it: title, names, phases by colour, scale bar.
import { phaseColours } from "../colours.js";

const PAD = 28;
const [HEAD, FOOT] = [58, 52];
const RATIO = 2;

/** @returns {Promise<Blob>} twice the size of the view on the screen */
export function flatPicture(views, { title, state, style }) {
  const canvas = document.createElement("canvas");
  const widths = views.map((view) => view.canvas.clientWidth);
  const height = Math.max(...views.map((view) => view.canvas.clientHeight));
  const width = widths.reduce((sum, one) => sum + one, 0);
  canvas.width = RATIO * width;
  canvas.height = RATIO * (height + HEAD + FOOT);
  const pen = canvas.getContext("2d");
  pen.scale(RATIO, RATIO);
  pen.fillStyle = style.paper;
  pen.fillRect(0, 0, width, height + HEAD + FOOT);
  let left = 0;
  views.forEach((view, index) => {
    pen.save();
    pen.translate(left, HEAD);
    pen.beginPath();
    pen.rect(0, 0, widths[index], height);
    pen.clip();
    view.paint(pen, { width: widths[index], height: view.canvas.clientHeight, style });
    pen.restore();
    left += widths[index];
  });
  const write = (text, x, y, font, colour) => {
    pen.font = `${font} ui-sans-serif, system-ui, sans-serif`;
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
    return pen.measureText(text).width;
  };
  pen.textBaseline = "middle";
  write(title, PAD, 24, "600 17px", style.ink);
  write(views.map((view) => view.section.name).join("   |   "), PAD, 45, "13px", style.muted);
  const { phases } = views[0].section;
  const colours = phaseColours(phases);
  let x = PAD;
  phases.forEach((phase, position) => {
    if (state.visible[phase.name] === false) return;
    pen.fillStyle = colours[position];
    pen.fillRect(x, HEAD + height + 20, 12, 12);
    x += 18 + write(phase.name, x + 18, HEAD + height + 26, "13px", style.ink) + 22;
  });
  return new Promise((done) => {
    canvas.toBlob(done, "image/png");
  });
}
