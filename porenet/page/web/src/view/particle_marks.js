// Where the particles of a simulation are, as marks with a trail of the voxels that they came through.
import { SPECIES_COLOURS, STUCK, bytesOf } from "../colours.js";
import { voxelAt } from "../data/structure.js";
import { CROSS, DISC, RING, Sprites } from "./sprites.js";
import { Rods } from "./rods.js";

const TRAIL = 9; // voxels
const MOST = 4000;
const unit = (hex) => bytesOf(hex).map((value) => value / 255);
const TINTS = Object.fromEntries(Object.entries(SPECIES_COLOURS).map(([name, hex]) => [name, unit(hex)]));
const STUCK_TINT = unit(STUCK);
const FLASH_TINT = [1, 0.93, 0.6];

export class ParticleMarks {
  constructor(stage) {
    this.structure = stage.structure;
    this.radius = Math.min(Math.max(0.6 * stage.edge, 0.0115), 0.03);
    this.sprites = new Sprites(2 * MOST);
    this.trails = new Rods(MOST * 4);
    this.objects = [this.trails.mesh, this.sprites.points];
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
  }

  #centre(position) {
    const [z, y, x] = voxelAt(position, this.structure.shape);
    return this.structure.box.place(z + 0.5, y + 0.5, x + 0.5);
  }

  /** Shows a simulation as it is now, or nothing for null. */
  show(simulation) {
    this.sprites.clear();
    this.trails.clear();
    if (simulation) {
      for (const particle of simulation.particles) this.#particle(particle);
      for (const flash of simulation.flashes) this.#flash(flash);
    }
    this.sprites.commit();
    this.trails.commit();
  }

  #particle({ species, path, at, state }) {
    if (state === "stuck") {
      this.sprites.add(this.#centre(path[path.length - 1]), STUCK_TINT, 1.25 * this.radius, CROSS);
      return;
    }
    const before = Math.min(Math.floor(at), path.length - 1);
    const here = this.#centre(path[before]);
    let place = here;
    if (before + 1 < path.length) {
      const next = this.#centre(path[before + 1]);
      const part = at - before;
      place = here.map((value, axis) => value + part * (next[axis] - value));
    }
    const tint = TINTS[species];
    this.sprites.add(place, tint, this.radius, DISC);
    if (state === "waiting") this.sprites.add(place, tint, 1.7 * this.radius, RING, 0.8);
    let ahead = place;
    for (let back = before; back >= 0 && back > before - TRAIL; back--) {
      const thick = (1 - (before - back) / TRAIL) * 0.5 * this.radius;
      const at = back === before ? here : this.#centre(path[back]);
      this.trails.add(at, ahead, tint, Math.max(thick - (0.5 / TRAIL) * this.radius, 0), thick);
      ahead = at;
    }
  }

  #flash({ place, age }) {
    const grown = this.still.matches ? 2 : 1 + 4 * age;
    this.sprites.add(this.structure.box.place(...place), FLASH_TINT, grown * this.radius, this.still.matches ? DISC : RING, 1 - age);
  }

  clip(low, high) {
    this.sprites.clip(low, high);
    this.trails.clip(low, high);
  }

  pixels(perUnit) {
    this.sprites.material.uniforms.uPixels.value = perUnit;
  }

  dispose() {
    this.sprites.dispose();
    this.trails.dispose();
  }
}
