// The view as a PNG with what one needs to read it: title, structure, labels of faces, colours.
import { KIND_COLOURS, phaseColours } from "../colours.js";
import { KINDS } from "../data/sites.js";

const PAD = 28;

/** @returns {Promise<Blob>} twice the size of the view on the screen */
export function picture(viewer, layer, lines, { title, state, style }) {
  const ratio = 2;
  viewer.draw(ratio);
  const { clientWidth: width, clientHeight: height } = viewer.canvas;
  const canvas = document.createElement("canvas");
  const [head, foot] = [58, 52];
  canvas.width = ratio * width;
  canvas.height = ratio * (height + head + foot);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.fillStyle = style.paper;
  pen.fillRect(0, 0, width, height + head + foot);
  pen.drawImage(viewer.canvas, 0, head, width, height);
  viewer.invalidate();
  const write = (text, x, y, font, colour) => {
    pen.font = `${font} ui-sans-serif, system-ui, sans-serif`;
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
    return pen.measureText(text).width;
  };
  pen.textBaseline = "middle";
  write(title, PAD, 24, "600 17px", style.ink);
  write(viewer.stages.map((stage) => stage.structure.name).join("   |   "), PAD, 45, "13px", style.muted);
  for (const label of layer.querySelectorAll(".face-label, .tile-name, .scale-text")) {
    if (label.hidden) continue;
    const [left, top] = label.style.transform.match(/-?\d+/g).map(Number);
    write(label.textContent, left + (label.classList.contains("tile-name") ? 0 : 9), head + top + label.offsetHeight / 2, "600 12.5px", style.ink);
  }
  for (const stage of viewer.stages) drawLine(pen, lines.of(stage), head, style);
  let x = PAD;
  for (const [colour, text] of legend(viewer.stages[0].structure, state)) {
    pen.fillStyle = colour;
    pen.fillRect(x, head + height + 20, 12, 12);
    x += 18 + write(text, x + 18, head + height + 26, "13px", style.ink) + 22;
  }
  return new Promise((done) => {
    canvas.toBlob(done, "image/png");
  });
}

function drawLine(pen, line, head, style) {
  if (!line) return;
  pen.strokeStyle = style.ink;
  pen.lineWidth = 2.5;
  pen.beginPath();
  pen.moveTo(line.from[0], head + line.from[1]);
  pen.lineTo(line.to[0], head + line.to[1]);
  pen.stroke();
}

function legend(structure, state) {
  const colours = phaseColours(structure.phases);
  const shown = structure.phases.flatMap((phase, position) => (state.visible[phase.name] && state.opacity[phase.name] > 0 ? [[colours[position], phase.name]] : []));
  return [...shown, ...(state.sites ? KINDS.map((kind) => [KIND_COLOURS[kind], `TPB ${kind}`]) : [])];
}
