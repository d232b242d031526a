// The camera from the keyboard, while the canvas has the focus.

const STEP = Math.PI / 24;

export function listenToKeys(canvas, viewer) {
  const moves = {
    ArrowLeft: () => viewer.orbit(-STEP, 0),
    ArrowRight: () => viewer.orbit(STEP, 0),
    ArrowUp: () => viewer.orbit(0, -STEP),
    ArrowDown: () => viewer.orbit(0, STEP),
    "+": () => viewer.orbit(0, 0, 1.12),
    "=": () => viewer.orbit(0, 0, 1.12),
    "-": () => viewer.orbit(0, 0, 1 / 1.12),
    0: () => viewer.goHome(),
    Home: () => viewer.goHome(),
  };
  canvas.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  });
}
