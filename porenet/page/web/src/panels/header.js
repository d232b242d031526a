// Title, light or dark, and what was told about how the page was made.
import { choice, make } from "../dom.js";

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
  return told.length > 0 && make("ul", { class: "notes", id: "notes", "aria-label": "Notes" }, told.map((note) => make("li", {}, note)));
}
