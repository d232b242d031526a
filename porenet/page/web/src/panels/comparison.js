// The table of scores: how close each run's statistics are to the reference, with intervals and verdicts.
import { make, section } from "../dom.js";

const MARKS = { OK: ["✓", "ok"], Marginal: ["~", "marginal"], Fail: ["✕", "fail"] };
const digits = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));

export function comparison({ comparison: told }) {
  if (!told) return null;
  const first = told.rows.filter((row) => row.published);
  return section("comparison", "Against the reference",
    make("p", {}, "Scores against ", make("b", {}, told.reference), ": 1 is a match; the ceiling is what the reference reaches against itself. Brackets hold the interval."),
    table(told, first.length > 0 ? first : told.rows, "scores-first"),
    first.length > 0 && first.length < told.rows.length && make("details", { id: "scores-more" }, make("summary", {}, `All ${told.rows.length} rows`), table(told, told.rows, "scores-all")));
}

/** On narrow screens each row is a block with the heads beside its cells; the roles keep it a table for readers. */
function table({ columns }, rows, id) {
  const heads = ["Quantity", "Score", ...columns, "Ceiling"];
  const head = make("tr", { role: "row" }, heads.map((name) => make("th", { scope: "col", role: "columnheader" }, name)));
  const body = rows.map((row) => make("tr", { role: "row" },
    make("th", { scope: "row", role: "rowheader" }, row.quantity, row.unit && row.unit !== "1" && make("small", {}, row.unit)),
    make("td", { class: "muted", role: "cell", "data-head": "Score" }, row.score),
    row.cells.map((one, number) => cell(one, columns[number])),
    make("td", { class: "muted", role: "cell", "data-head": "Ceiling" }, number(row.ceiling))));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of scores" },
    make("table", { class: "scores", role: "table", id }, make("thead", { role: "rowgroup" }, head), make("tbody", { role: "rowgroup" }, body)));
}

const number = (value) => (value === null || value === undefined ? "–" : digits(value));

function cell(one, head) {
  const told = { role: "cell", "data-head": head };
  const { value, low, high, verdict, reason } = one ?? {};
  const [mark, kind] = MARKS[verdict] ?? [];
  if (value === null || value === undefined) return make("td", { ...told, class: "none" }, one ? (reason ?? "undefined") : "–");
  const range = low !== null && low !== undefined && high !== null && high !== undefined && make("small", {}, `[${digits(low)}, ${digits(high)}]`);
  return make("td", { ...told, title: reason }, make("span", { class: `verdict ${kind ?? ""}` }, mark && make("i", { "aria-hidden": "true" }, mark), make("b", {}, digits(value)), make("span", {}, verdict ?? "no verdict")), range);
}
