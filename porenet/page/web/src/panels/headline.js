// What the structures shown can and cannot do: the scene's own sentence on each.
import { fullName } from "../data/structure.js";
import { make } from "../dom.js";

const MARKS = { good: "✓", bad: "✕" };

export function headline(scene, store) {
  const element = make("div", { id: "headline", class: "headlines", role: "status" });
  const show = () => {
    const { shown, beside } = store.get();
    const indices = [shown, ...(beside === null ? [] : [beside])];
    element.replaceChildren(...indices.map((index) => line(scene, index, indices.length > 1)).filter(Boolean), ...[notesBelow(scene)].filter(Boolean));
  };
  show();
  store.watch(["shown", "beside"], show);
  return element;
}

/** A way to the notes, which stand after the result. */
function notesBelow({ notes = [] }) {
  return notes.length > 0 && make("a", { class: "fine", id: "notes-below", href: "#notes" }, `${notes.length} ${notes.length === 1 ? "note" : "notes"} on how this was made`);
}

function line(scene, index, named) {
  const { text, tone } = scene.structures[index].headline ?? {};
  const mark = MARKS[tone];
  return text && make("p", { class: `headline ${mark ? tone : ""}` }, mark && make("i", { class: "mark", "aria-hidden": "true" }, mark), named && make("b", {}, `${fullName(scene, index)}: `), text.replaceAll(" %", "\u00a0%"));
}
