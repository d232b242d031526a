// The measured numbers of every structure of the page as a table for other programs.

const COLUMNS = ["structure", "run", "group", "quantity", "metric", "key", "value", "unit", "undefined"];
const READ_AS_FORMULA = /^[=+\-@\t\r]/; // by programs of tables, whoever wrote the name

export function countersCsv(scene) {
  const rows = scene.structures.flatMap((structure) =>
    (structure.counters ?? []).map((counter) => [
      structure.name, scene.runs[structure.run]?.name ?? "", counter.group, counter.label, counter.metric, counter.key ?? counter.id,
      isKnown(counter.value) ? Number(counter.value) : null, counter.unit, isKnown(counter.value) ? "" : counter.text.replace(/^undefined: /, ""),
    ]));
  return [COLUMNS, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

const isKnown = (value) => value !== null && value !== undefined;

function cell(value) {
  if (typeof value === "number") return String(value);
  const text = String(value ?? "");
  const plain = READ_AS_FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
