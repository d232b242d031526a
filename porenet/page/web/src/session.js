// Carries the reader's choices to the view: which stages are shown, what they show, and the simulations in them.
import { loader } from "./data/structure.js";
import { download } from "./download.js";
import { WHOLE_BOX } from "./panels/view_controls.js";
import { presetView } from "./presets.js";
import { Simulation, TICK } from "./simulation/simulation.js";
import { followTheme } from "./theme.js";
import { showsAnything } from "./view/lookup.js";
import { picture } from "./view/picture.js";
import { Stage } from "./view/stage.js";

const LOOK = ["preset", "part", "sites", "visible", "opacity", "clip"];
const LONGEST_STEP = 0.1; // s; after a pause of the tab the particles go on from where they were

export class Session {
  constructor(scene, store, fail) {
    this.scene = scene;
    this.store = store;
    this.fail = fail;
    this.load = loader(scene);
    this.stages = [];
    this.simulations = new Map();
    this.arrival = 0;
    this.ready = Promise.resolve();
    this.actions = this.#actions();
  }

  /** Makes the view and shows the first structure. */
  async start(parts, makeView) {
    this.parts = parts;
    Object.assign(this, makeView());
    const { store } = this;
    followTheme(store, (theme) => {
      this.viewer.fog = theme.fog;
      this.style = theme;
      this.viewer.invalidate();
    });
    store.watch(["shown", "beside"], () => {
      this.#arrange();
    });
    store.watch(LOOK, () => this.#look());
    store.watch(["mode"], () => this.actions.restart());
    store.watch(["playing"], () => this.#run());
    await this.#arrange();
    await this.viewer.frame();
  }

  /** Loads what is to be shown, and swaps the stages once all of it is there. */
  #arrange() {
    const turn = ++this.arrival;
    this.ready = (async () => {
      const { shown, beside } = this.store.get();
      const wanted = [shown, ...(beside === null ? [] : [beside])];
      const loaded = await Promise.all(wanted.map((index) => this.load(index)));
      if (turn !== this.arrival) return;
      const before = this.stages;
      this.stages = loaded.map((structure) => before.find((stage) => stage.structure === structure) ?? new Stage(structure));
      for (const stage of before) if (!this.stages.includes(stage)) stage.dispose();
      this.labels.keep(this.stages);
      this.lines.keep(this.stages);
      this.viewer.show(this.stages);
      this.#look();
      this.#simulate();
      const [{ shape, voxel_um: edges, box, coarsened }] = loaded;
      const times = (row) => row.map((number) => Number(number.toPrecision(3))).join(" × ");
      this.parts.size.textContent = `${times(shape)} voxels (z, y, x) of ${times(edges)} µm: ${times(box.um)} µm.${coarsened ? ` ${coarsened.note}` : ""}`;
    })().catch(this.fail);
    return this.ready;
  }

  #look() {
    const state = this.store.get();
    for (const stage of this.stages) stage.apply(state);
    this.parts.controls.show(this.stages[0].structure);
    this.parts.legend.show(this.stages[0].structure);
    const empty = this.stages.filter((stage) => !state.sites && !showsAnything(stage.structure, state)).map((stage) => stage.structure.name);
    const what = { whole: "nothing of the phases chosen", spanning: "nothing of the phases chosen percolates", blocked: "nothing of the phases chosen is blocked, or no reservoir is known for them" }[state.part];
    this.parts.hint.textContent = empty.length && state.preset !== "flow" ? `${empty.join(", ")}: ${what}.` : "";
    this.viewer.invalidate(!state.playing);
  }

  /** The simulations of the stages shown, made when first asked for. */
  #current() {
    const { mode } = this.store.get();
    return this.stages.map((stage) => {
      if (!this.simulations.has(stage.structure)) this.simulations.set(stage.structure, new Simulation(stage.structure, mode));
      return this.simulations.get(stage.structure);
    });
  }

  /** Shows the particles as they are; makes no simulation that nobody asked for. */
  #simulate() {
    const running = this.stages.map((stage) => this.simulations.get(stage.structure));
    const { playing } = this.store.get();
    const shown = playing ? this.#current() : running.filter(Boolean);
    this.stages.forEach((stage) => stage.marks.show(this.simulations.get(stage.structure) ?? null));
    this.parts.panel.show(shown);
    this.viewer.invalidate(!playing);
  }

  #advance(ticks) {
    const { speed, flow } = this.store.get();
    for (const simulation of this.#current()) for (let tick = 0; tick < ticks; tick++) simulation.tick({ speed, flow });
    this.#simulate();
  }

  #run() {
    if (!this.store.get().playing) {
      this.#simulate();
      return;
    }
    // Behind opaque voxels no particle can be seen.
    if (["solids", "all"].includes(this.store.get().preset)) this.actions.preset("flow");
    let last = null;
    let owed = 0;
    const step = (now) => {
      if (!this.store.get().playing) return;
      owed += last === null ? TICK * 1000 : Math.min(now - last, LONGEST_STEP * 1000);
      last = now;
      const ticks = Math.floor(owed / (1000 * TICK));
      owed -= ticks * 1000 * TICK;
      if (ticks > 0) this.#advance(ticks);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #actions() {
    const { store } = this;
    const look = (patch) => store.set(patch);
    const structure = () => this.scene.structures[store.get().shown];
    const name = (phase) => (typeof phase === "number" ? structure().phases[phase].name : phase);
    const fraction = (value) => Math.min(Math.max(value, 0), 1);
    return {
      /** Shows another structure; the camera, the cut and the choice of phases stay. */
      select: (index) => {
        if (!this.scene.structures[index]) throw new RangeError(`there is no structure ${index}`);
        const { beside, preset } = store.get();
        const view = (preset && presetView(preset, this.scene.structures[index])) || {};
        const { opacity = {}, visible = {} } = view;
        look({ shown: index, beside: beside === index ? null : beside, visible: { ...visible, ...store.get().visible }, opacity: { ...opacity, ...store.get().opacity } });
        return this.ready;
      },
      beside: (index) => {
        if (index !== null && !this.scene.structures[index]) throw new RangeError(`there is no structure ${index}`);
        look({ beside: index === store.get().shown ? null : index });
        return this.ready;
      },
      preset: (wanted) => {
        const view = presetView(wanted, structure());
        if (!view) throw new RangeError(`this structure has no preset ${wanted}`);
        look(view);
      },
      part: (part) => look({ part, preset: null }),
      visible: (phase, shown) => look({ visible: { ...store.get().visible, [name(phase)]: shown }, preset: null }),
      /** As the legend does: a phase that is hidden or wholly transparent is shown. */
      turn: (phase, shown) => {
        const { visible, opacity } = store.get();
        look({ visible: { ...visible, [phase]: shown }, opacity: shown && opacity[phase] === 0 ? { ...opacity, [phase]: 1 } : opacity, preset: null });
      },
      opacity: (phase, value) => look({ opacity: { ...store.get().opacity, [name(phase)]: fraction(value) } }),
      /** Cuts along an axis: keeps voxels [low, high) of the structure shown. */
      cut: (axis, low, high) => {
        const size = structure().shape["zyx".indexOf(axis)];
        look({ clip: { ...store.get().clip, [axis]: [fraction(low / size), fraction(high / size)] } });
      },
      /** The same in fractions of the box, as it is kept. */
      clip: (axis, low, high) => look({ clip: { ...store.get().clip, [axis]: [fraction(low), fraction(high)] } }),
      reset: () => {
        look({ clip: WHOLE_BOX });
        this.viewer.goHome();
      },
      save: async () => {
        const blob = await picture(this.viewer, this.layer, this.lines, { title: this.scene.title, state: store.get(), style: this.style });
        download(blob, `${structure().name || "structure"}.png`);
        return blob;
      },
      toggle: () => store.set({ playing: !store.get().playing }),
      play: () => store.set({ playing: true }),
      pause: () => store.set({ playing: false }),
      restart: () => {
        const had = [...this.simulations.keys()];
        this.simulations.clear();
        if (had.length > 0) this.#current();
        this.#simulate();
      },
      mode: (mode) => store.set({ mode }),
      /** Moves the particles on by a number of ticks of 1/30 s. */
      step: (ticks = 1) => this.#advance(ticks),
    };
  }

  /** What `window.porenet` offers beside `ready`, `scene` and `error`. */
  handle() {
    return {
      ...this.actions,
      state: () => ({ ...this.store.get(), structure: this.store.get().shown, run: this.scene.structures[this.store.get().shown].run, camera: this.viewer.camera.position.toArray() }),
      particles: (which = 0) => this.simulations.get(this.stages[which]?.structure)?.told() ?? [],
      /** The scale line of a structure shown: {um, text, from, to, edge}, px of the view. */
      scaleLine: (which = 0) => this.lines.of(this.stages[which]),
      counts: (which = 0) => this.simulations.get(this.stages[which]?.structure)?.counts ?? null,
      /** Promise of what was selected being there. */
      loaded: () => this.ready,
      /** Promise of a frame, in the resolution of the screen, of all that was said so far. */
      frame: async () => {
        await this.ready;
        return this.viewer.frame();
      },
    };
  }
}
