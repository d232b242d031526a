// What a reader does to a section with pointer, wheel and keys.
import { move, nearer } from "./flat_view.js";

const STEP = 0.1; // of the window
const FACTOR = 1.25;

/** @param {FlatView} view @param {() => void} changed */
export function listen(view, shared, changed) {
  const { canvas } = view;
  const shift = (downPixels, rightPixels) => {
    const scale = view.fit(canvas.clientWidth, canvas.clientHeight) * shared.zoom;
    move(shared, -downPixels / (scale * view.section.um[0]), -rightPixels / (scale * view.section.um[1]));
    changed();
  };
  const zoom = (factor) => {
    nearer(shared, factor);
    changed();
  };
  const step = () => STEP * Math.min(canvas.clientWidth, canvas.clientHeight);
  const moves = {
    ArrowUp: () => shift(step(), 0), ArrowDown: () => shift(-step(), 0), ArrowLeft: () => shift(0, step()), ArrowRight: () => shift(0, -step()),
    "+": () => zoom(FACTOR), "=": () => zoom(FACTOR), "-": () => zoom(1 / FACTOR), 0: () => zoom(0), Home: () => zoom(0),
  };
  canvas.addEventListener("keydown", (event) => {
    const act = moves[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  canvas.addEventListener("wheel", (event) => {
    if (shared.zoom === 1 && event.deltaY > 0) return; // the page scrolls on
    event.preventDefault();
    zoom(event.deltaY < 0 ? FACTOR : 1 / FACTOR);
  }, { passive: false });
  let from = null;
  canvas.addEventListener("pointerdown", (event) => {
    from = [event.clientX, event.clientY];
    if (shared.zoom > 1) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from || shared.zoom === 1) return;
    shift(event.clientY - from[1], event.clientX - from[0]);
    from = [event.clientX, event.clientY];
  });
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => (from = null));
  return zoom;
}
