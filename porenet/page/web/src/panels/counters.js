// The library's numbers for the structures shown. Nothing is worked out here: each text is the scene's own.
import { fullName } from "../data/structure.js";
import { download } from "../download.js";
import { make } from "../dom.js";
import { countersCsv } from "./counters_csv.js";

const MARKS = { good: ["✓", "good"], bad: ["✕", "bad"] };
const LONG = 18; // letters; longer texts are reasons, and may wrap
const MOST_PHASES = 4; // side by side in a column of this page

export function counters(scene, store, what = "volume") {
  const body = make("div", { class: "counters" });
  const show = () => {
    const { shown, beside } = store.get();
    const one = scene.structures[shown];
    const tables = beside === null && one.phases.length <= MOST_PHASES ? byPhase(one) : byStructure(scene, [shown, ...(beside === null ? [] : [beside])]);
    body.replaceChildren(...tables);
  };
  show();
  store.watch(["shown", "beside"], show);
  const write = () => download(new Blob([countersCsv(scene)], { type: "text/csv" }), `${scene.title || "porenet"}.csv`);
  const save = make("button", { type: "button", id: "csv", title: `The numbers of ${scene.structures.length === 1 ? "this structure" : `all ${scene.structures.length} structures of this page`}, as a table`, onclick: write }, "Numbers as CSV");
  return make("section", { id: "counters", class: "card", tabindex: "-1", "aria-labelledby": "counters-title" },
    make("div", { class: "row" }, make("h2", { id: "counters-title" }, "Measured"), save), body,
    make("p", { class: "fine" }, `By porenet's metrics on the full ${what}, as porenet measure tells them.`));
}

/** Tables of one structure; what is told of each phase stands in a column a phase. */
function byPhase({ counters: all = [], phases }) {
  return [...grouped(all, (counter) => counter.group)].map(([group, members]) => {
    const whole = [];
    const rows = new Map();
    for (const counter of members) {
      const phase = phases.find(({ name }) => counter.label.startsWith(`${name}: `));
      if (!phase) {
        whole.push(counter);
        continue;
      }
      const label = counter.label.slice(phase.name.length + 2);
      rows.set(label, { ...rows.get(label), [phase.name]: counter });
    }
    return make("div", { class: "group" }, make("h3", {}, group),
      whole.length > 0 && make("table", { class: "counter-table" }, make("tbody", {}, whole.map((one) => row(one.label, [one])))),
      rows.size > 0 && make("table", { class: "counter-table" },
        make("thead", {}, make("tr", {}, make("td", {}), phases.map(({ name }) => make("th", { scope: "col" }, name)))),
        make("tbody", {}, [...rows].map(([label, cells]) => row(label, phases.map(({ name }) => cells[name] ?? null))))));
  });
}

/** Tables of structures side by side, a column each. */
function byStructure(scene, indices) {
  const columns = indices.map((index) => new Map((scene.structures[index].counters ?? []).map((counter) => [counter.id, counter])));
  const seen = new Map(columns.flatMap((column) => [...column]));
  return [...grouped([...seen.values()], (counter) => counter.group)].map(([group, members]) =>
    make("div", { class: "group" }, make("h3", {}, group), make("table", { class: "counter-table" },
      indices.length > 1 && make("thead", {}, make("tr", {}, make("td", {}), indices.map((index) => make("th", { scope: "col" }, fullName(scene, index))))),
      make("tbody", {}, members.map(({ id, label }) => row(label, columns.map((column) => column.get(id) ?? null)))))));
}

function grouped(list, keyOf) {
  const groups = new Map();
  for (const one of list) {
    if (!groups.has(keyOf(one))) groups.set(keyOf(one), []);
    groups.get(keyOf(one)).push(one);
  }
  return groups;
}

const row = (label, cells) => make("tr", {}, make("th", { scope: "row" }, label), cells.map(cell));

function cell(counter) {
  if (!counter) return make("td", { class: "none" }, "–");
  const { id, metric, key, text, tone, value } = counter;
  const [mark, kind] = MARKS[tone] ?? [];
  const told = make("span", { "data-counter": id, title: key ? `${metric}: ${key}` : metric }, text);
  const missing = value === null || value === undefined;
  const classes = [kind, missing && "none", text.length > LONG && "long"].filter(Boolean).join(" ");
  return make("td", { class: classes }, mark && make("i", { class: "mark", "aria-hidden": "true" }, mark), told);
}
