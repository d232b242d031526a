// A round length along a lower edge of each box. It is projected as the box is, so that it is true wherever the camera stands.
import { Vector3 } from "three";
import { draw, make } from "../dom.js";
import { lengthText, roundLength } from "../lengths.js";

const SHARE = 0.4; // of the edge, at most
const AWAY = 9; // px from the edge
const TICK = 5; // px to either side of the line

/** The four edges of the lower face of the box as it is seen: [{from, to, um}], world. */
function edgesOf({ shape, box }, above) {
  const z = above ? shape[0] : 0;
  const [, ny, nx] = shape;
  const at = (y, x) => new Vector3(...box.place(z, y, x));
  const edge = (from, to, um) => ({ from, to, um });
  return [
    edge(at(0, 0), at(0, nx), box.um[2]), edge(at(ny, 0), at(ny, nx), box.um[2]),
    edge(at(0, 0), at(ny, 0), box.um[1]), edge(at(0, nx), at(ny, nx), box.um[1]),
  ];
}

export class ScaleLines {
  /** @param {HTMLElement} layer over the canvas, as large */
  constructor(layer) {
    this.layer = layer;
    this.drawing = draw("svg", { class: "scale-lines", "aria-hidden": "true" });
    layer.append(this.drawing);
    this.lines = new Map();
  }

  #of(stage) {
    if (!this.lines.has(stage)) {
      const path = draw("path", { class: "scale-line" });
      const text = make("div", { class: "scale-text" });
      this.drawing.append(path);
      this.layer.append(text);
      this.lines.set(stage, { path, text });
    }
    return this.lines.get(stage);
  }

  /** Puts the line of a tile along the longer on the screen of the two lower edges nearest to the camera. */
  place({ stage, x, y, w, h, camera }) {
    const line = this.#of(stage);
    const onScreen = (place) => {
      const at = place.clone().project(camera);
      return [x + (0.5 + at.x / 2) * w, y + (0.5 - at.y / 2) * h];
    };
    const far = ({ from, to }) => from.clone().add(to).multiplyScalar(0.5).distanceTo(camera.position);
    const near = edgesOf(stage.structure, camera.position.y >= 0).sort((one, other) => far(one) - far(other)).slice(0, 2);
    const seen = near.map((edge) => ({ ...edge, length: distance(onScreen(edge.from), onScreen(edge.to)) }));
    const { from, to, um: edge } = seen.sort((one, other) => other.length - one.length)[0];
    // From the end that is farther away: the nearer one is where the face below has its name.
    const [start, end] = from.distanceTo(camera.position) > to.distanceTo(camera.position) ? [from, to] : [to, from];
    const um = roundLength(SHARE * edge);
    const spots = [onScreen(start), onScreen(start.clone().lerp(end, um / edge))];
    const away = outwards(spots, onScreen(new Vector3(0, 0, 0)));
    const [first, last] = spots.map((spot) => shifted(spot, away, AWAY));
    const ticks = [first, last].map((spot) => [shifted(spot, away, -TICK), shifted(spot, away, TICK)]);
    line.path.setAttribute("d", [[first, last], ...ticks].map(([one, other]) => `M${one.map(round)} L${other.map(round)}`).join(" "));
    line.text.textContent = lengthText(um);
    const [left, top] = shifted(middle(first, last), away, 18);
    const across = Math.min(Math.max(left - line.text.offsetWidth / 2, x + 4), x + w - line.text.offsetWidth - 4);
    const down = Math.min(Math.max(top - line.text.offsetHeight / 2, y + 4), y + h - line.text.offsetHeight - 4);
    line.text.style.transform = `translate(${Math.round(across)}px, ${Math.round(down)}px)`;
    line.told = { um, text: lengthText(um), from: first, to: last, edge: { um: edge, from: onScreen(start), to: onScreen(end) } };
  }

  /** What was drawn for a stage: {um, text, from, to, edge}, px of the layer. */
  of(stage) {
    return this.lines.get(stage)?.told ?? null;
  }

  /** Removes the lines of stages that are no longer shown. */
  keep(stages) {
    for (const [stage, { path, text }] of this.lines) {
      if (stages.includes(stage)) continue;
      path.remove();
      text.remove();
      this.lines.delete(stage);
    }
  }
}

const distance = ([x, y], [otherX, otherY]) => Math.hypot(otherX - x, otherY - y);
const middle = ([x, y], [otherX, otherY]) => [(x + otherX) / 2, (y + otherY) / 2];
const shifted = ([x, y], [across, down], far) => [x + far * across, y + far * down];
const round = (value) => Math.round(10 * value) / 10;

/** Unit vector across a line, away from a point. */
function outwards([from, to], centre) {
  const length = distance(from, to) || 1;
  const across = [(to[1] - from[1]) / length, (from[0] - to[0]) / length];
  const [x, y] = middle(from, to);
  const side = across[0] * (x - centre[0]) + across[1] * (y - centre[1]);
  return side < 0 ? across.map((value) => -value) : across;
}
