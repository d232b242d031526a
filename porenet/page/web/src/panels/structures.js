// Which structure is looked at, and which one beside it.
import { fullName } from "../data/structure.js";
import { make } from "../dom.js";

export function structures(scene, store, select) {
  const buttons = new Map();
  const groups = scene.runs.map((run) => {
    const items = (run.structures ?? []).map((index) => {
      const button = make("button", { type: "button", class: "tab", "data-structure": index, onclick: () => select(index) }, scene.structures[index].name);
      buttons.set(index, button);
      return button;
    });
    const alone = items.length === 1 && run.kind !== "run" && scene.structures[run.structures[0]].name === run.name;
    const about = run.kind === "run" ? `run${run.steps === null || run.steps === undefined ? "" : `, ${run.steps} steps`}` : scene.structures[0].dims === 2 ? "measured sections" : "measured volumes";
    return items.length > 0 && make("div", { class: "run", role: "group", "aria-label": run.name }, !alone && make("span", { class: "run-name", title: run.source }, run.name, make("small", {}, about)), make("div", { class: "tabs" }, items));
  });
  const beside = make("select", { id: "beside", onchange: (event) => store.set({ beside: event.target.value === "" ? null : Number(event.target.value) }) });
  const fill = () => {
    const { shown, beside: other } = store.get();
    buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === shown)));
    beside.replaceChildren(
      make("option", { value: "" }, "nothing"),
      ...scene.structures.flatMap((_, index) => (index === shown ? [] : [make("option", { value: index }, fullName(scene, index))])),
    );
    beside.value = other === null ? "" : String(other);
  };
  fill();
  store.watch(["shown", "beside"], fill);
  return make("nav", { class: "structures", id: "structures", "aria-label": "Structures" }, groups,
    scene.structures.length > 1 && make("label", { class: "beside" }, "Beside it", beside));
}
