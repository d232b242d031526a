// The canvas of a section: its image in the window, triple points, scale bar; nearer and moved by the reader.
import { drawScaleBar } from "./scale_bar.js";
import { pixelsOf } from "./pixels.js";

const NEAREST = 64;
export const POINT = { fill: "#111519", rim: "#ffffff" };

export class FlatView {
  /** @param {() => object} shared {zoom, centre: [y, x] in fractions of the section} of all sections shown */
  constructor(section, shared) {
    this.section = section;
    this.shared = shared;
    this.canvas = document.createElement("canvas");
    this.canvas.style.setProperty("--ratio", String(section.um[1] / section.um[0]));
    Object.entries({ class: "flat-view", tabindex: "0", role: "img", "aria-label": label(section), "aria-describedby": "view-keys" }).forEach(([name, value]) => this.canvas.setAttribute(name, value));
  }

  /** Takes over which phases are seen, and which part of them. */
  look(state) {
    this.state = state;
    this.image = pixelsOf(this.section, state);
  }

  /** Screen pixels per um at which the whole section fits. */
  fit(width, height) {
    const [sizeY, sizeX] = this.section.um;
    return Math.min(width / sizeX, height / sizeY);
  }

  draw(style, ratio = window.devicePixelRatio || 1) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0) return;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const pen = this.canvas.getContext("2d");
    if (!pen) throw new Error("This browser gives no canvas to draw the section on. The measured numbers beside it are complete.");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.bar = this.paint(pen, { width, height, style });
  }

  paint(pen, { width, height, style }) {
    const [sizeY, sizeX] = this.section.um;
    const scale = this.fit(width, height) * this.shared.zoom;
    const [centreY, centreX] = this.shared.centre;
    const left = width / 2 - centreX * sizeX * scale;
    const top = height / 2 - centreY * sizeY * scale;
    const pixel = (scale * sizeX) / this.section.width;
    pen.imageSmoothingEnabled = pixel < 1; // a pixel that is larger than one of the screen stays a rectangle
    pen.imageSmoothingQuality = "high";
    pen.drawImage(this.image, left, top, sizeX * scale, sizeY * scale);
    pen.strokeStyle = style.muted;
    pen.lineWidth = 1;
    pen.strokeRect(left - 0.5, top - 0.5, sizeX * scale + 1, sizeY * scale + 1);
    if (this.state.points) this.#points(pen, { left, top, scale, radius: Math.min(Math.max(0.3 * pixel, 1.8), 5) });
    return drawScaleBar(pen, { width, height, scale, style });
  }

  #points(pen, { left, top, scale, radius }) {
    const [sizeY, sizeX] = this.section.um;
    const [stepY, stepX] = [(sizeY * scale) / this.section.height, (sizeX * scale) / this.section.width];
    pen.fillStyle = POINT.fill;
    pen.strokeStyle = POINT.rim;
    pen.lineWidth = Math.min(1.2, radius / 2);
    for (const [row, column] of this.section.points) {
      pen.beginPath();
      pen.arc(left + column * stepX, top + row * stepY, radius, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
  }
}

const label = ({ name, phases }) => `Section ${name}: ${phases.map((phase) => `${phase.name} ${(100 * phase.fraction).toFixed(1)} %`).join(", ")}`;

/** Nearer about the centre, between the whole section and NEAREST times. */
export function nearer(shared, factor) {
  shared.zoom = Math.min(Math.max(shared.zoom * factor, 1), NEAREST);
  if (shared.zoom === 1) shared.centre = [0.5, 0.5];
  else move(shared, 0, 0);
}

/** Moves by fractions of the section; the centre stays on it. */
export function move(shared, y, x) {
  const [first, last] = [0.5 / shared.zoom, 1 - 0.5 / shared.zoom];
  shared.centre = [shared.centre[0] + y, shared.centre[1] + x].map((place) => Math.min(Math.max(place, first), last));
}
