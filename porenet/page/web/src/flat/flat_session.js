// Carries the reader's choices to the sections shown.
import { download } from "../download.js";
import { followTheme } from "../theme.js";
import { listen } from "./flat_input.js";
import { flatPicture } from "./flat_picture.js";
import { FlatView, move, nearer } from "./flat_view.js";
import { sectionLoader } from "./section.js";

export const WHOLE = Object.freeze({ part: "whole", points: false, visible: {} });

export class FlatSession {
  constructor(scene, store, fail) {
    Object.assign(this, { scene, store, fail, load: sectionLoader(scene), views: [], arrival: 0, ready: Promise.resolve() });
    this.shared = { zoom: 1, centre: [0.5, 0.5] };
    this.actions = this.#actions();
  }

  /** @param {{window: Element, controls: object, size: Element}} parts */
  async start(parts) {
    this.parts = parts;
    followTheme(this.store, (style) => {
      this.style = style;
      this.draw();
    });
    this.store.watch(["shown", "beside"], () => this.#arrange());
    this.store.watch(["visible", "part", "points"], () => this.#look());
    new ResizeObserver(() => this.draw()).observe(parts.window);
    await this.#arrange();
  }

  #arrange() {
    const turn = ++this.arrival;
    this.ready = (async () => {
      const { shown, beside } = this.store.get();
      const sections = await Promise.all([shown, ...(beside === null ? [] : [beside])].map((index) => this.load(index)));
      if (turn !== this.arrival) return;
      this.views = sections.map((section) => new FlatView(section, this.shared));
      for (const view of this.views) listen(view, this.shared, () => this.draw());
      this.parts.window.replaceChildren(...this.views.map((view) => view.canvas));
      this.#look();
      const [{ shape, voxel_um: edges, um, coarsened }] = sections;
      const times = (row) => row.map((number) => Number(number.toPrecision(3))).join(" × ");
      this.parts.size.textContent = `${times(shape.slice(1))} pixels (y, x; y points down) of ${times(edges.slice(1))} µm: ${times(um)} µm.${coarsened ? ` ${coarsened.note}` : ""}`;
    })().catch(this.fail);
    return this.ready;
  }

  #look() {
    if (this.views.length === 0) return;
    const state = this.store.get();
    for (const view of this.views) view.look(state);
    this.parts.controls.show(this.views[0].section);
    this.parts.legend.show(this.views[0].section);
    this.draw();
  }

  draw() {
    const nearTo = this.shared.zoom > 1;
    try {
      for (const view of this.views) {
        view.canvas.classList.toggle("near", nearTo);
        view.draw(this.style);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #actions() {
    const { store } = this;
    const known = (index) => {
      if (!this.scene.structures[index]) throw new RangeError(`there is no structure ${index}`);
    };
    return {
      select: (index) => {
        known(index);
        const { beside } = store.get();
        store.set({ shown: index, beside: beside === index ? null : beside });
        return this.ready;
      },
      beside: (index) => {
        if (index !== null) known(index);
        store.set({ beside: index === store.get().shown ? null : index });
        return this.ready;
      },
      visible: (phase, shown) => store.set({ visible: { ...store.get().visible, [phase]: shown } }),
      part: (part) => store.set({ part }),
      points: (points) => store.set({ points }),
      nearer: (factor) => {
        nearer(this.shared, factor);
        this.draw();
      },
      /** Moves the window by fractions of the section. */
      move: (y, x) => {
        move(this.shared, y, x);
        this.draw();
      },
      save: async () => {
        const blob = await flatPicture(this.views, { title: this.scene.title, state: store.get(), style: this.style });
        download(blob, `${this.views[0].section.name || "section"}.png`);
        return blob;
      },
    };
  }

  /** What `window.porenet` offers beside `ready`, `scene` and `error`. */
  handle() {
    return {
      ...this.actions,
      state: () => ({ ...this.store.get(), ...this.shared, structure: this.store.get().shown }),
      bar: () => this.views[0]?.bar ?? null,
      loaded: () => this.ready,
    };
  }
}
