// Title, light or dark, and what was told about how the page was made.
import { choice, make } from "../dom.js";

const MOST_NOTES = 3; // in the open; a phone has to reach the view without scrolling past a page of them

export function header(scene, store) {
  const theme = choice("Light or dark", [["system", "Auto"], ["light", "Light"], ["dark", "Dark"]], (value) => store.set({ theme: value }), { id: "theme" });
  const follow = () => {
    const { theme: chosen } = store.get();
    theme.mark(chosen);
    if (chosen === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.dataset.theme = chosen;
  };
  follow();
  store.watch(["theme"], follow);
  return make("header", { class: "top" },
    make("div", {}, make("h1", {}, scene.title || "Microstructures"), make("p", { class: "made" }, `made with ${scene.made_with ?? "porenet"}`)),
    theme.element,
  );
}

export function notes(scene) {
  const told = scene.notes ?? [];
  const list = (some) => make("ul", {}, some.map((note) => make("li", {}, note)));
  const rest = told.slice(MOST_NOTES);
  return told.length > 0 && make("div", { class: "notes", id: "notes", role: "note", tabindex: "-1", "aria-label": "Notes" }, make("h2", { class: "small" }, "Notes"), list(told.slice(0, MOST_NOTES)),
    rest.length > 0 && make("details", {}, make("summary", {}, `${rest.length} more ${rest.length === 1 ? "note" : "notes"}`), list(rest)));
}
