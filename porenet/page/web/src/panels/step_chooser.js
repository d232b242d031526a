// Choosing a step of a chart: with the pointer, with a finger, or with the keys of a slider.
import { make } from "../dom.js";

/**
 * @param {SVGElement} drawing the chart
 * @param {{title: string, steps: number[], tell: (index: number, chosen: boolean) => string, place: (event: PointerEvent) => number}} told
 *   tell: shows a step and gives what it says of it; place: the step under a pointer
 */
export function stepChooser(drawing, { title, steps, tell, place }) {
  const last = steps.length - 1;
  let at = last;
  const element = make("div", { class: "steps", role: "slider", tabindex: "0", "aria-label": `${title}: step`, "aria-valuemin": steps[0], "aria-valuemax": steps[last] });
  drawing.setAttribute("aria-hidden", "true"); // a slider has no children to read; its text says what they show
  element.append(drawing);
  const go = (index, chosen = true) => {
    at = Math.min(Math.max(index, 0), last);
    element.setAttribute("aria-valuenow", steps[at]);
    element.setAttribute("aria-valuetext", tell(at, chosen));
  };
  const leap = Math.max(Math.round(steps.length / 10), 1);
  const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -leap, PageUp: leap, Home: -steps.length, End: steps.length };
  element.addEventListener("keydown", (event) => {
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(at + moves[event.key]);
  });
  for (const kind of ["pointermove", "pointerdown"]) element.addEventListener(kind, (event) => go(place(event)));
  element.addEventListener("focus", () => element.matches(":focus-visible") && go(at));
  element.addEventListener("blur", () => go(last, false));
  element.addEventListener("pointerleave", () => document.activeElement !== element && go(last, false));
  go(last, false);
  return element;
}
