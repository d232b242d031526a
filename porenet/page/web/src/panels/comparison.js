// How close each run is to the reference: what is decided, with distances and intervals; the published scores below.
import { make, section } from "../dom.js";

const MARKS = {
  OK: ["✓", "ok"], undecided: ["?", "marginal"], withheld: ["–", "marginal"], Marginal: ["~", "marginal"], Fail: ["✕", "fail"],
};
const digits = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));
const isNumber = (value) => value !== null && value !== undefined;

export function comparison({ comparison: told }) {
  if (!told) return null;
  const decided = (told.decisions ?? []).length > 0;
  return section("comparison", "Against the reference",
    decided && decisions(told),
    decided && told.rows.length > 0
      ? make("details", { id: "scores" }, make("summary", {}, `Published scores: ${told.rows.length} rows`), scores(told))
      : told.rows.length > 0 && scores(told));
}

function decisions(told) {
  const shown = told.decisions.filter((row) => !row.folded);
  const matching = told.decisions.filter((row) => row.folded);
  return [
    told.columns.map((_, index) => summary(told.summaries[index])),
    shown.length > 0 && decisionTable(told, shown, "decisions"),
    matching.length > 0 && make("details", { id: "matching" },
      make("summary", {}, `${matching.length} more ${matching.length === 1 ? "quantity matches" : "quantities match"} in every run`), decisionTable(told, matching, "decisions-matching")),
    make("p", { class: "fine" }, "The number is the distance: how far a generated value must be moved on average to become one of ", make("b", {}, told.reference),
      ", in their standard deviations, with its 90 % interval. Match: proven within the tolerance; differs: proven outside; undecided: neither."),
  ];
}

function summary(sentences) {
  const [first, ...rest] = sentences ?? [];
  return first && make("div", { class: "summary" }, make("p", {}, make("b", {}, first)), rest.map((sentence) => make("p", {}, sentence)));
}

function decisionTable({ columns }, rows, id) {
  const body = rows.map((row) => [quantity(row), ...row.cells.map((one, index) => decision(one, columns[index]))]);
  return table(["Quantity", ...columns], body, id, "Table of decisions");
}

function decision(one, head) {
  const told = { role: "cell", "data-head": head };
  const [mark, kind] = MARKS[one.label] ?? [];
  if (!mark) return make("td", { ...told, class: "none" }, one.word);
  const needed = one.needed?.startsWith("about") ? `needs ${one.needed}` : one.needed;
  return make("td", { ...told, title: one.reason || undefined },
    verdict(mark, kind, isNumber(one.distance) ? digits(one.distance) : "", one.word),
    interval(one.lower, one.upper, "not known"),
    [one.label === "Fail" && one.why, needed].filter(Boolean).map((text) => make("small", {}, text)));
}

function scores(told) {
  const first = told.rows.filter((row) => row.published);
  return [
    make("p", {}, "Scores against ", make("b", {}, told.reference), ": 1 is a match; the ceiling is what the reference reaches against itself. Brackets hold the interval."),
    scoreTable(told, first.length > 0 ? first : told.rows, "scores-first"),
    first.length > 0 && first.length < told.rows.length && make("details", { id: "scores-more" }, make("summary", {}, `All ${told.rows.length} rows`), scoreTable(told, told.rows, "scores-all")),
  ];
}

function scoreTable({ columns }, rows, id) {
  const body = rows.map((row) => [
    quantity(row),
    make("td", { class: "muted", role: "cell", "data-head": "Score" }, row.score),
    ...row.cells.map((one, index) => score(one, columns[index])),
    make("td", { class: "muted", role: "cell", "data-head": "Ceiling" }, row.ceiling),
  ]);
  return table(["Quantity", "Score", ...columns, "Ceiling"], body, id, "Table of scores");
}

function score(one, head) {
  const told = { role: "cell", "data-head": head };
  const { value, low, high, verdict: word, reason, no_interval: missing } = one ?? {};
  if (!isNumber(value)) return make("td", { ...told, class: "none" }, reason ?? "undefined");
  const [mark, kind] = MARKS[word] ?? [];
  return make("td", { ...told, title: reason }, verdict(mark, kind, digits(value), word ?? "no verdict"), interval(low, high, missing ?? "not known"));
}

/** On narrow screens each row is a block with the heads beside its cells; the roles keep it a table for readers. */
function table(heads, body, id, label) {
  const head = make("tr", { role: "row" }, heads.map((name) => make("th", { scope: "col", role: "columnheader" }, name)));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    make("table", { class: "scores", role: "table", id }, make("thead", { role: "rowgroup" }, head),
      make("tbody", { role: "rowgroup" }, body.map((cells) => make("tr", { role: "row" }, cells)))));
}

const quantity = (row) => make("th", { scope: "row", role: "rowheader" }, row.quantity, row.unit && row.unit !== "1" && make("small", {}, row.unit));

const verdict = (mark, kind, number, word) =>
  make("span", { class: `verdict ${kind ?? ""}` }, mark && make("i", { "aria-hidden": "true" }, mark), make("b", {}, number), make("span", {}, word));

const interval = (low, high, missing) => make("small", {}, isNumber(low) && isNumber(high) ? `[${digits(low)}, ${digits(high)}]` : `no interval: ${missing}`);
