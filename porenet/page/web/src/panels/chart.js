// A small line chart over the steps of a run, with the values under the pointer told below it.
import { draw, make } from "../dom.js";

const [WIDE, TALL, LEFT, RIGHT, TOP, BOTTOM] = [360, 170, 46, 10, 10, 24];
const present = (value) => value !== null && value !== undefined && Number.isFinite(value);
const short = (value) => (value === 0 ? "0" : Math.abs(value) >= 1e4 || Math.abs(value) < 1e-3 ? value.toExponential(1).replace("+", "") : String(Number(value.toPrecision(3))));

/**
 * @param {{title: string, steps: number[], series: {name: string, kind: string, values: (number | null)[]}[],
 *   gap?: [string, string], fooled?: (boolean | null)[], unit?: string}} told gap: two series to shade between
 */
export function chart({ title, steps, series, gap, fooled, unit }) {
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
    scale.ticks.map((tick) => [
      draw("line", { class: "grid", x1: LEFT, x2: WIDE - RIGHT, y1: up(tick), y2: up(tick) }),
      draw("text", { class: "axis-value", x: LEFT - 6, y: up(tick) + 3.5, "text-anchor": "end" }, short(tick)),
    ]),
    [0, last].map((index, end) => draw("text", { class: "axis-value", x: across(index), y: TALL - 8, "text-anchor": end ? "end" : "start" }, end ? `step ${steps[index]}` : String(steps[index]))),
    gap && areas(gap.map((name) => series.find((one) => one.name === name).values), at, last),
    fooled && steps.map((_, index) => fooled[index] && draw("rect", { class: "fooled", x: across(index) - 1, width: 2 + span / last / span, y: TALL - BOTTOM - 3, height: 3 })),
    series.map(line),
  );
  const cursor = draw("line", { class: "cursor", y1: TOP, y2: TALL - BOTTOM, visibility: "hidden" });
  drawing.append(cursor);
  const readout = make("span", { class: "readout" });
  const read = (index) => {
    const said = series.filter((one) => present(one.values[index])).map((one) => `${one.name} ${short(one.values[index])}`);
    readout.textContent = `step ${steps[index]}: ${said.join(", ") || "no values"}`;
  };
  read(last);
  drawing.addEventListener("pointermove", (event) => {
    const box = drawing.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDE;
    let nearest = 0;
    for (let index = 1; index <= last; index++) if (Math.abs(across(index) - x) < Math.abs(across(nearest) - x)) nearest = index;
    cursor.setAttribute("x1", across(nearest));
    cursor.setAttribute("x2", across(nearest));
    cursor.setAttribute("visibility", "visible");
    read(nearest);
  });
  drawing.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    read(last);
  });
  return make("figure", { class: "chart" },
    make("figcaption", {}, make("b", {}, title), make("small", {}, [unit && unit !== "1" && unit, scale.log && "log scale"].filter(Boolean).join(", "))), drawing, readout);
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

/** Linear, or logarithmic where all values are above 0 and spread over more than a hundredfold. */
function scaleOf(values) {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (low > 0 && high / low > 100) {
    const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    const stride = Math.ceil((to - from) / 5);
    const ticks = Array.from({ length: Math.floor((to - from) / stride) + 1 }, (_, number) => 10 ** (from + number * stride));
    return { log: true, ticks, part: (value) => (Math.log10(value) - from) / (to - from) };
  }
  if (low > 0 && low < 0.5 * high) low = 0;
  if (low === high) [low, high] = [low - Math.max(Math.abs(low), 1e-6) / 2, high + Math.max(Math.abs(high), 1e-6) / 2];
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const stride = power * ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10);
  const from = Math.floor(low / stride + 1e-9);
  const to = Math.ceil(high / stride - 1e-9);
  const ticks = Array.from({ length: to - from + 1 }, (_, number) => (from + number) * stride);
  return { log: false, ticks, part: (value) => (value - from * stride) / ((to - from) * stride) };
}
