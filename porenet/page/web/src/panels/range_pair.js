// Two handles on one track, low and high; each a range input, so that keys and readers of screens work.
import { make } from "../dom.js";

/** @param {(low: number, high: number) => void} told indices, low < high */
export function rangePair(label, told) {
  const low = make("input", { type: "range", min: 0, step: 1, "aria-label": `${label}, from` });
  const high = make("input", { type: "range", min: 0, step: 1, "aria-label": `${label}, to` });
  const shown = make("output", {});
  const track = make("div", { class: "pair" }, make("i", { class: "pair-fill" }), low, high);
  const element = make("div", { class: "range", role: "group", "aria-label": label }, make("span", {}, label), track, shown);
  const move = (moved) => {
    const size = Number(high.max);
    if (low.valueAsNumber >= high.valueAsNumber) {
      if (moved === low) low.value = Math.max(high.valueAsNumber - 1, 0);
      else high.value = Math.min(low.valueAsNumber + 1, size);
    }
    if (low.valueAsNumber < high.valueAsNumber) told(low.valueAsNumber, high.valueAsNumber);
  };
  low.addEventListener("input", () => move(low));
  high.addEventListener("input", () => move(high));
  const show = ([from, to], size, text) => {
    low.max = high.max = size;
    low.value = from;
    high.value = to;
    low.disabled = high.disabled = size < 2;
    // With both handles at the far end the lower one must be the one that a pointer takes.
    low.style.zIndex = from > size / 2 ? 3 : 2;
    track.style.setProperty("--from", `${(100 * from) / size}%`);
    track.style.setProperty("--to", `${(100 * to) / size}%`);
    low.setAttribute("aria-valuetext", text(from));
    high.setAttribute("aria-valuetext", text(to));
    shown.textContent = from === 0 && to === size ? "whole" : `${text(from)} to ${text(to)}`;
  };
  return { element, show };
}
