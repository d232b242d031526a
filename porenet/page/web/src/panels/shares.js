// In how many structures of each run, shown or not, something is stopped: the scene's own sentences.
import { make } from "../dom.js";

const MARKS = { good: "✓", bad: "✕" };

export function shares(scene) {
  const told = scene.runs.filter((run) => (run.shares ?? []).length > 0);
  return told.length > 0 && make("div", { id: "shares", class: "shares", role: "note", "aria-label": "Shares of the runs" }, told.map((run) =>
    make("div", { class: "share" }, make("b", {}, run.name), make("ul", {}, run.shares.map(({ text, tone }) =>
      make("li", { class: tone }, make("i", { class: "mark", "aria-hidden": "true" }, MARKS[tone] ?? ""), text))))));
}
