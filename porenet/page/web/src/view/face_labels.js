// What each face of the box is, written beside it as text that stays sharp and can be read aloud.
import { Vector3 } from "three";
import { make } from "../dom.js";
import { phaseColours } from "../colours.js";

const MARGIN = 12; // px between the box and its labels
const NAME = 34; // px at the top of a tile that its name takes

/** Corners of a named face, world. */
function corners({ shape, box }, face) {
  const axis = "zyx".indexOf(face[0]);
  const [one, two] = [0, 1, 2].filter((other) => other !== axis);
  return [[0, 0], [0, 1], [1, 0], [1, 1]].map(([first, second]) => {
    const at = [0, 0, 0];
    at[axis] = face.endsWith("max") ? shape[axis] : 0;
    at[one] = first * shape[one];
    at[two] = second * shape[two];
    return new Vector3(...box.place(...at));
  });
}

/** The roles of a structure's faces: [{face, text, colours}], for labels and for the picture that is saved. */
export function faceRoles(structure) {
  const colours = phaseColours(structure.phases);
  return (structure.faces ?? []).map(({ face, text }) => ({
    face,
    text,
    colours: structure.phases.flatMap((phase, position) => (phase.reservoir === face ? [colours[position]] : [])),
    corners: corners(structure, face),
  }));
}

export class FaceLabels {
  /** @param {HTMLElement} layer over the canvas, as large */
  constructor(layer) {
    this.layer = layer;
    this.kept = new Map();
  }

  #of(stage) {
    if (!this.kept.has(stage)) {
      const roles = faceRoles(stage.structure).map((role) => ({
        ...role,
        element: make("div", { class: "face-label" }, role.colours.map((colour) => make("i", { class: "dot", colour })), role.text),
      }));
      const name = make("div", { class: "tile-name" }, stage.structure.name);
      this.layer.append(...roles.map((role) => role.element), name);
      this.kept.set(stage, { roles, name });
    }
    return this.kept.get(stage);
  }

  /** Puts a tile's labels where its faces are on the screen: above the box for the upper face, below for the lower. */
  place({ stage, x, y, w, h, camera }, several) {
    const { roles, name } = this.#of(stage);
    name.hidden = !several;
    name.style.transform = `translate(${Math.round(x + 14)}px, ${Math.round(y + 12)}px)`;
    for (const { face, corners: places, element } of roles) {
      const spots = places.map((place) => place.clone().project(camera)).map((at) => [x + (0.5 + at.x / 2) * w, y + (0.5 - at.y / 2) * h]);
      const [left, top] = [0, 1].map((way) => spots.reduce((sum, spot) => sum + spot[way], 0) / spots.length);
      const { offsetWidth: wide, offsetHeight: tall } = element;
      let down = top - tall / 2;
      if (face === "z_min") down = Math.min(...spots.map((spot) => spot[1])) - tall - MARGIN;
      if (face === "z_max") down = Math.max(...spots.map((spot) => spot[1])) + MARGIN;
      const across = Math.min(Math.max(left - wide / 2, x + 6), x + w - wide - 6);
      const highest = several ? NAME : 6;
      down = Math.min(Math.max(down, y + highest), y + h - tall - 6);
      element.style.transform = `translate(${Math.round(across)}px, ${Math.round(down)}px)`;
      element.lastSpot = [across, down];
    }
  }

  /** Removes the labels of stages that are no longer shown. */
  keep(stages) {
    for (const [stage, { roles, name }] of this.kept) {
      if (stages.includes(stage)) continue;
      for (const element of [...roles.map((role) => role.element), name]) element.remove();
      this.kept.delete(stage);
    }
  }
}
