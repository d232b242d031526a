// A small line chart over the steps of a run. The pointer or the arrow keys choose a step; its values are told below.
import { draw, make } from "../dom.js";
import { scaleOf, short } from "./chart_scale.js";
import { stepChooser } from "./step_chooser.js";

const [WIDE, TALL, LEFT, RIGHT, TOP, BOTTOM] = [360, 186, 46, 10, 24, 26];
const present = (value) => value !== null && value !== undefined && Number.isFinite(value);

/**
 * @param {{title: string, steps: number[], series: {name: string, kind: string, values: (number | null)[]}[],
 *   gap?: [string, string], marks?: Object<string, (boolean | null)[]>, unit?: string,
 *   beside?: {name: string, values: (number | null)[]}}} told gap: two series to shade between; marks: steps to mark
 *   below the curve, one row per class; beside: a ratio that is told, not drawn
 */
export function chart({ title, steps, series, gap, marks = {}, beside, unit }) {
  const all = series.flatMap((one) => one.values.filter(present));
  if (all.length === 0 || steps.length === 0) {
    return make("figure", { class: "chart" }, make("figcaption", {}, make("b", {}, title), make("span", { class: "none" }, "no values")));
  }
  const scale = scaleOf(all);
  const last = steps.length - 1;
  const span = steps[last] - steps[0] || 1;
  const across = (index) => LEFT + ((steps[index] - steps[0]) / span) * (WIDE - LEFT - RIGHT);
  const up = (value) => TOP + (1 - scale.part(value)) * (TALL - TOP - BOTTOM);
  const at = (values, index) => `${across(index).toFixed(1)} ${up(values[index]).toFixed(1)}`;

  const line = ({ values, kind }) => {
    let path = "";
    for (let index = 0; index <= last; index++) {
      if (!present(values[index])) continue;
      path += `${index > 0 && present(values[index - 1]) ? "L" : "M"}${at(values, index)}`;
      if (!(index > 0 && present(values[index - 1])) && !present(values[index + 1])) path += `h0.1`;
    }
    return draw("path", { class: `line ${kind}`, d: path });
  };
  const drawing = draw("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, role: "img", "aria-label": `${title}, steps ${steps[0]} to ${steps[last]}` },
    draw("text", { class: "axis-value", x: 0, y: 11 }, unit === "1" ? "no unit" : unit),
    draw("text", { class: "axis-value", x: (LEFT + WIDE - RIGHT) / 2, y: TALL - 8, "text-anchor": "middle" }, "step"),
    scale.ticks.map((tick) => [
      draw("line", { class: "grid", x1: LEFT, x2: WIDE - RIGHT, y1: up(tick), y2: up(tick) }),
      draw("text", { class: "axis-value", x: LEFT - 6, y: up(tick) + 3.5, "text-anchor": "end" }, short(tick)),
    ]),
    [...new Set([0, last])].map((index, end) => draw("text", { class: "axis-value", x: across(index), y: TALL - 8, "text-anchor": end ? "end" : "start" }, String(steps[index]))),
    gap && areas(gap.map((name) => series.find((one) => one.name === name).values), at, last),
    Object.entries(marks).map(([kind, marked], row) => steps.map((_, index) => marked?.[index] && draw("rect", { class: kind, x: across(index) - 1, width: 2 + span / last / span, y: TALL - BOTTOM - 3 - 4 * row, height: 3 }))),
    series.map(line),
  );
  const cursor = draw("line", { class: "cursor", y1: TOP, y2: TALL - BOTTOM, visibility: "hidden" });
  const dots = series.map(({ kind }) => draw("circle", { class: `dot-at ${kind}`, r: 3, visibility: "hidden" }));
  drawing.append(cursor, ...dots);
  const readout = make("span", { class: "readout" });
  const tell = (index, chosen) => {
    const said = series.filter((one) => present(one.values[index])).map((one) => `${one.name} ${short(one.values[index])}`);
    const ratio = present(beside?.values?.[index]) ? `; ${beside.name} ${short(beside.values[index])} times` : "";
    readout.textContent = `step ${steps[index]}: ${said.join(", ") || "no values"}${said.length && unit && unit !== "1" ? ` ${unit}` : ""}${ratio}`;
    cursor.setAttribute("x1", across(index));
    cursor.setAttribute("x2", across(index));
    cursor.setAttribute("visibility", chosen ? "visible" : "hidden");
    dots.forEach((dot, which) => {
      const value = series[which].values[index];
      dot.setAttribute("visibility", chosen && present(value) ? "visible" : "hidden");
      if (!present(value)) return;
      dot.setAttribute("cx", across(index));
      dot.setAttribute("cy", up(value));
    });
    return readout.textContent;
  };
  const place = (event) => {
    const box = drawing.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDE;
    return steps.reduce((nearest, _, index) => (Math.abs(across(index) - x) < Math.abs(across(nearest) - x) ? index : nearest), 0);
  };
  return make("figure", { class: "chart" },
    make("figcaption", {}, make("b", {}, title), scale.log && make("small", {}, "log scale")),
    stepChooser(drawing, { title, steps, tell, place }), readout);
}

/** Filled pieces between two series, where both have values. */
function areas([one, other], at, last) {
  const pieces = [];
  let start = null;
  for (let index = 0; index <= last + 1; index++) {
    const both = index <= last && present(one[index]) && present(other[index]);
    if (both && start === null) start = index;
    if (both || start === null) continue;
    const order = Array.from({ length: index - start }, (_, offset) => start + offset);
    pieces.push(draw("path", { class: "gap", d: `M${order.map((step) => at(one, step)).join("L")}L${order.reverse().map((step) => at(other, step)).join("L")}Z` }));
    start = null;
  }
  return pieces;
}
