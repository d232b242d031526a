// How many pixels a frame may have: fewer while things move on a slow machine, all of them once they rest.

const SLOW = 45; // ms between frames at which movement no longer feels fluid
const FAST = 20;
const REST = 160; // ms without a frame after which the picture is drawn in full

export class Quality {
  /** @param {() => void} rested asks for the frame in full quality */
  constructor(rested) {
    this.rested = rested;
    this.scale = 1;
    this.last = 0;
    this.timer = 0;
  }

  /** Pixels per CSS pixel; two on ordinary screens once at rest, so that edges are smooth, where that is quick. */
  ratio(settled) {
    const screen = Math.min(devicePixelRatio, 2);
    if (!settled) return Math.min(screen, 1.5) * this.scale;
    return this.scale === 1 ? Math.max(screen, 1.5) : screen;
  }

  drew(now, settled) {
    const gap = now - this.last;
    this.last = now;
    clearTimeout(this.timer);
    if (settled) return;
    if (gap < 500) {
      if (gap > SLOW) this.scale = Math.max(0.8 * this.scale, 0.35);
      else if (gap < FAST) this.scale = Math.min(1.05 * this.scale, 1);
    }
    this.timer = setTimeout(this.rested, REST);
  }
}
