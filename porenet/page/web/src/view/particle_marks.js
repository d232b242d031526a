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
const mix = (one, other, part) => one.map((value, axis) => value + part * (other[axis] - value));

export class ParticleMarks {
  constructor(stage) {
    this.structure = stage.structure;
    this.radius = Math.min(Math.max(0.6 * stage.edge, 0.0115), 0.03);
    this.sprites = new Sprites(2 * MOST);
    this.trails = new Rods(MOST * 8);
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
      const part = at - before;
      const [half, entry, next] = this.#step(path[before], path[before + 1]);
      place = part < 0.5 ? mix(here, half, 2 * part) : mix(entry, next, 2 * part - 1);
    }
    const tint = TINTS[species];
    this.sprites.add(place, tint, this.radius, DISC);
    if (state === "waiting") this.sprites.add(place, tint, 1.7 * this.radius, RING, 0.8);
    this.#trail(path, before, at, place, tint);
  }

  /** From a voxel to the one after it: where its half way ends, where the other half starts, and the end. */
  #step(one, other) {
    const { shape, box } = this.structure;
    const [from, to] = [one, other].map((position) => voxelAt(position, shape));
    // Round a periodic side the way leaves the box and comes in again opposite.
    const ahead = from.map((index, axis) => index + (Math.abs(to[axis] - index) > 1 ? Math.sign(index - to[axis]) : to[axis] - index));
    const half = (row, other) => box.place(...row.map((index, axis) => (index + other[axis]) / 2 + 0.5));
    const behind = to.map((index, axis) => index + from[axis] - ahead[axis]);
    return [half(from, ahead), half(to, behind), this.#centre(other)];
  }

  #trail(path, before, at, place, tint) {
    const thin = (steps) => Math.max((1 - steps / TRAIL) * 0.5 * this.radius, 0);
    const rod = (from, to, steps, length) => this.trails.add(from, to, tint, thin(steps + length), thin(steps));
    if (at > before) {
      const [half, entry] = this.#step(path[before], path[before + 1]);
      const past = at - before >= 0.5;
      if (past) rod(entry, place, 0, 0);
      rod(this.#centre(path[before]), past ? half : place, 0, 0.5);
    }
    for (let back = before - 1; back >= 0 && back > before - TRAIL; back--) {
      const [half, entry, next] = this.#step(path[back], path[back + 1]);
      rod(entry, next, before - back - 0.5, 0.5);
      rod(this.#centre(path[back]), half, before - back, 0.5);
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
