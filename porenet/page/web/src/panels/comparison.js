// The table of scores: how close each run's statistics are to the reference, with intervals and verdicts.
import { make, section } from "../dom.js";

const MARKS = { OK: ["✓", "ok"], Marginal: ["~", "marginal"], Fail: ["✕", "fail"] };
const digits = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));

export function comparison({ comparison: told }) {
  if (!told) return null;
  const head = make("tr", {}, make("th", { scope: "col" }, "Quantity"), make("th", { scope: "col" }, "Score"), told.columns.map((name) => make("th", { scope: "col" }, name)), make("th", { scope: "col" }, "Ceiling"));
  const rows = told.rows.map((row) => make("tr", {},
    make("th", { scope: "row" }, row.quantity, row.unit && row.unit !== "1" && make("small", {}, row.unit)),
    make("td", { class: "muted" }, row.score), row.cells.map(cell), make("td", { class: "muted" }, number(row.ceiling))));
  return section("comparison", "Against the reference",
    make("p", {}, "Scores against ", make("b", {}, told.reference), ": 1 is a match; the ceiling is what the reference reaches against itself. Brackets hold the interval."),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of scores" }, make("table", { class: "scores" }, make("thead", {}, head), make("tbody", {}, rows))));
}

const number = (value) => (value === null || value === undefined ? "–" : digits(value));

function cell(one) {
  if (one === null || one === undefined) return make("td", { class: "none" }, "–");
  const { value, low, high, verdict, reason } = one;
  const [mark, kind] = MARKS[verdict] ?? [];
  if (value === null || value === undefined) return make("td", { class: "none" }, reason ?? "undefined");
  const range = low !== null && low !== undefined && high !== null && high !== undefined && make("small", {}, `[${digits(low)}, ${digits(high)}]`);
  return make("td", { title: reason }, make("span", { class: `verdict ${kind ?? ""}` }, mark && make("i", { "aria-hidden": "true" }, mark), make("b", {}, digits(value)), make("span", {}, verdict ?? "no verdict")), range);
}
