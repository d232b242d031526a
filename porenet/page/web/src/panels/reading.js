// How to read the page, for whoever sees one for the first time.
import { make, section } from "../dom.js";

const ENTRIES = [
  ["Percolating", "joined through faces of voxels of its own phase to both ends of the box, z = 0 and z = max. A phase that does not percolate carries nothing across."],
  ["Supplied", "joined to the face that feeds its phase: gas and electrons at one end, ions at the other. What is not supplied is blocked: material that costs volume and does no work."],
  ["Unknown", "not joined to its reservoir inside this box, but touching a side of it, beyond which it may be. Small volumes have more of it."],
  ["Triple-phase boundary", "the lines where metal, ceramic and pore meet. Only there can gas, ions and electrons react, and only where all three phases are supplied: that part is active."],
  ["Blocked inlet share", "of the inlet's open area of a phase, the part whose way leads to no active boundary. In the animation it is where particles get stuck."],
  ["Soft and hard", "a generator writes probabilities; what is saved is the most probable phase. A soft value can be perfect while the hard structure is broken, which is why both are shown."],
  ["Moving the view", "drag to turn, wheel or pinch to come nearer, right button or two fingers to shift. With the keyboard: arrows, + and −, 0 to go home."],
];

export function reading(entries = ENTRIES) {
  return section("reading", "How to read this", make("dl", { class: "reading" }, entries.map(([word, told]) => make("div", {}, make("dt", {}, word), make("dd", {}, told)))));
}
