// Particles that walk the shortest ways of their phase. What it counts are its own particles, nothing of the volume.
import { voxelAt } from "../data/structure.js";
import { wayTo } from "./distances.js";
import { networksOf } from "./network.js";
import { pick, randomFrom } from "./random.js";
import { MODES } from "./species.js";

export const TICK = 1 / 30; // s
const FLASH = 0.5; // s
const MOST_MOVING = 2000;
const MOST_STUCK = 600; // shown; all are counted

export class Simulation {
  constructor(structure, mode, seed = 7) {
    this.structure = structure;
    this.mode = mode;
    const { networks, sites } = networksOf(structure);
    this.networks = networks;
    this.sites = sites;
    this.random = randomFrom(seed);
    this.particles = [];
    this.flashes = [];
    this.owed = 0; // particles that the flow asks for and that are not yet in
    this.lines = sites ? this.#reacting(mode) : this.#crossing();
    this.counts = { in: 0, reacted: 0, stuck: 0, out: 0, bySpecies: Object.fromEntries(this.lines.map((line) => [line.key, { in: 0, stuck: 0, out: 0 }])) };
  }

  /** Whether anything moves at all. */
  get possible() {
    return this.networks.size > 0;
  }

  #reacting(mode) {
    const { in: coming, out: leaving } = MODES[mode];
    const { phases, tpb } = this.structure;
    const line = (one, way) => ({ ...one, way, key: `${way}:${one.species}`, position: tpb.phases.find((position) => phases[position].role === one.role) });
    return [...coming.map((one) => line(one, "in")), ...leaving.map((one) => line(one, "out"))];
  }

  /** Without reactions every fed phase has a carrier that tries to cross the box. */
  #crossing() {
    const species = { gas: "fuel", ions: "ion", electrons: "electron" };
    return [...this.networks.values()].map(({ phase, position }) => ({
      role: phase.role, species: species[phase.role] ?? "carrier", text: `in ${phase.name}`, number: 1, way: "in", key: `in:${position}`, position,
    }));
  }

  /** @param {number} speed voxels per second @param {number} flow particles per second */
  tick({ speed, flow }) {
    this.owed += flow * TICK;
    while (this.owed >= 1) {
      this.owed -= 1;
      this.#letIn();
    }
    const moving = this.particles;
    this.particles = [];
    for (const particle of moving) {
      this.particles.push(particle);
      if (particle.state !== "moving") continue;
      particle.at = Math.min(particle.at + speed * TICK, particle.path.length - 1);
      if (particle.at === particle.path.length - 1) this.#arrive(particle);
    }
    this.particles = this.particles.filter((particle) => particle.state !== "gone");
    const stuck = this.particles.filter((particle) => particle.state === "stuck");
    if (stuck.length > MOST_STUCK) {
      const dropped = new Set(stuck.slice(0, stuck.length - MOST_STUCK));
      this.particles = this.particles.filter((particle) => !dropped.has(particle));
    }
    for (const flash of this.flashes) flash.age += TICK / FLASH;
    this.flashes = this.flashes.filter((flash) => flash.age < 1);
  }

  /** One particle at a place of the inlet drawn at random, and its partners where it can react. */
  #letIn() {
    if (this.particles.filter((particle) => particle.state !== "stuck").length >= MOST_MOVING) return;
    const coming = this.lines.filter((line) => line.way === "in");
    const lead = this.sites ? coming.find((line) => line.role === "gas") : null;
    for (const line of coming) {
      const network = this.networks.get(line.position);
      if (network.inlets.length === 0) continue;
      const component = network.component[pick(network.inlets, this.random)];
      const goals = network.goals.get(component);
      if (!goals) this.#start(line, pick(network.ends.get(component), this.random), null);
      else if (!this.sites) this.#start(line, pick(goals, this.random), null);
      else if (line === lead) this.#meet(coming, pick(goals, this.random));
    }
  }

  /** Sends all partners of a reaction to a site. */
  #meet(coming, site) {
    const reaction = { site, missing: coming.reduce((sum, line) => sum + line.number, 0), waiting: [] };
    for (const line of coming) {
      for (let one = 0; one < line.number; one++) this.#start(line, this.sites.beside.get(line.position)[site], reaction);
    }
  }

  #start(line, voxel, reaction, leaves = false) {
    const path = wayTo(voxel, this.networks.get(line.position), this.structure.shape, this.random);
    if (leaves) path.reverse();
    this.particles.push({ line, species: line.species, path, at: 0, state: "moving", reaction });
    if (!leaves) {
      this.counts.in += 1;
      this.counts.bySpecies[line.key].in += 1;
    }
  }

  #arrive(particle) {
    const { line, reaction, path } = particle;
    const mine = this.counts.bySpecies[line.key];
    if (line.way === "out") {
      particle.state = "gone";
      mine.out += 1;
      this.counts.out += 1;
    } else if (reaction) {
      particle.state = "waiting";
      reaction.missing -= 1;
      reaction.waiting.push(particle);
      if (reaction.missing === 0) this.#react(reaction);
    } else if (!this.sites && this.#crossed(line, path)) {
      particle.state = "gone";
      mine.out += 1;
      this.counts.out += 1;
    } else {
      particle.state = "stuck";
      mine.stuck += 1;
      this.counts.stuck += 1;
    }
  }

  #crossed({ position }, path) {
    const network = this.networks.get(position);
    return network.goals.has(network.component[path[0]]);
  }

  #react({ site, waiting }) {
    for (const particle of waiting) particle.state = "gone";
    this.counts.reacted += 1;
    const { z, y, x, direction } = this.structure.sites.at(this.sites.numbers[site]);
    const place = [z, y, x];
    place[direction] += 0.5;
    this.flashes.push({ place, age: 0 });
    for (const line of this.lines.filter((one) => one.way === "out")) {
      for (let one = 0; one < line.number; one++) this.#start(line, this.sites.beside.get(line.position)[site], null, true);
    }
  }

  /** The particles as plain data: voxels are [z, y, x], a path in the order in which it is walked. */
  told() {
    const { shape, phases } = this.structure;
    return this.particles.map(({ line, species, path, at, state }) => ({
      phase: phases[line.position].name,
      species,
      state,
      voxel: voxelAt(path[Math.round(at)], shape),
      path: Array.from(path, (position) => voxelAt(position, shape)),
    }));
  }
}
