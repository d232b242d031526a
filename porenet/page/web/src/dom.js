// Elements from text. Names in a scene may hold anything, so nothing here ever parses markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "colour") element.style.setProperty("--colour", value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

/** make("p", {class: "note"}, "text", element, ...) */
export const make = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

export const draw = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** A section with its heading. */
export function section(id, title, ...children) {
  return make("section", { id, "aria-labelledby": `${id}-title` }, make("h2", { id: `${id}-title` }, title), ...children);
}

/** Buttons of which one is pressed: [[value, text, title?]]; told(value) on a click. Returns {element, mark(value)}. */
export function choice(label, options, told, extra = {}) {
  const buttons = options.map(([value, text, title]) =>
    make("button", { type: "button", "data-value": value, "aria-pressed": "false", title, onclick: () => told(value) }, text),
  );
  const element = make("div", { class: "choice", role: "group", "aria-label": label, ...extra }, buttons);
  const mark = (value) => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.value === String(value))));
  return { element, mark, buttons };
}

export function slider(label, { min, max, step, value, text }, told) {
  const shown = make("output", {}, text(value));
  const input = make("input", { type: "range", min, max, step, value, "aria-label": label, "aria-valuetext": text(value) });
  const show = (number) => {
    input.value = number;
    shown.textContent = text(number);
    input.setAttribute("aria-valuetext", text(number));
  };
  input.addEventListener("input", () => {
    show(input.valueAsNumber);
    told(input.valueAsNumber);
  });
  return { element: make("label", { class: "slider" }, make("span", {}, label), input, shown), input, show };
}
