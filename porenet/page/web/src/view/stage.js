// One structure in three dimensions: its voxels, the frame of its box, its triple-phase boundary, its particles.
import { Matrix4, Scene, Vector3 } from "three";
import { KIND_COLOURS, bytesOf, phaseColours } from "../colours.js";
import { KINDS } from "../data/sites.js";
import { lookupTexture, voxelTexture, writeLookup } from "./volume_pass.js";
import { ParticleMarks } from "./particle_marks.js";
import { Rods } from "./rods.js";

const unit = (hex) => bytesOf(hex).map((value) => value / 255);

/** Voxel indices [low, high) along an axis of `size` voxels from fractions of it; never less than one voxel. */
export function cutVoxels([low, high], size) {
  const first = Math.min(Math.round(low * size), size - 1);
  return [first, Math.max(Math.round(high * size), first + 1)];
}

export class Stage {
  constructor(structure) {
    this.structure = structure;
    this.voxels = voxelTexture(structure);
    this.lookup = lookupTexture();
    this.scene = new Scene();
    this.low = new Vector3();
    this.high = new Vector3();
    const { box, shape } = structure;
    const [dz, dy, dx] = box.edges;
    this.edge = Math.cbrt(dz * dy * dx);
    const [ox, oy, oz] = box.place(0, 0, 0);
    this.worldToVoxel = new Matrix4().set(
      1 / dx, 0, 0, -ox / dx,
      0, 0, 1 / dy, -oz / dy,
      0, -1 / dz, 0, oy / dz,
      0, 0, 0, 1,
    );
    this.frame = this.#frame(shape, box);
    this.marks = new ParticleMarks(this);
    this.sites = null;
    this.scene.add(this.frame.mesh, ...this.marks.objects);
  }

  /** The twelve edges; those round a face with a role have its colour and are stronger. */
  #frame([nz, ny, nx], box) {
    const rods = new Rods(12);
    const colours = phaseColours(this.structure.phases);
    const ends = [[0, nz], [0, ny], [0, nx]];
    for (let axis = 0; axis < 3; axis++) {
      const [one, two] = [0, 1, 2].filter((other) => other !== axis);
      for (const [side, back] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
        const from = [0, 0, 0];
        from[one] = ends[one][side];
        from[two] = ends[two][back];
        const to = [...from];
        to[axis] = ends[axis][1];
        const fed = this.#colourOf(`${"zyx"[one]}_${side ? "max" : "min"}`, colours) ?? this.#colourOf(`${"zyx"[two]}_${back ? "max" : "min"}`, colours);
        rods.add(box.place(...from), box.place(...to), unit(fed ?? "#8a929c"), fed ? 0.0042 : 0.0018);
      }
    }
    rods.commit();
    return rods;
  }

  /** The colour of a face: that of the gas where it is fed there, else of any phase that is. */
  #colourOf(face, colours) {
    const fed = this.structure.phases.map((phase, position) => ({ ...phase, colour: colours[position] })).filter((phase) => phase.reservoir === face);
    return (fed.find((phase) => phase.role === "gas") ?? fed[0])?.colour ?? null;
  }

  #siteRods() {
    const { sites, box } = this.structure;
    const rods = new Rods(sites.count);
    const tints = KINDS.map((kind) => unit(KIND_COLOURS[kind]));
    for (let site = 0; site < sites.count; site++) {
      const { z, y, x, direction, kind } = sites.at(site);
      const to = [z, y, x];
      to[direction] += 1;
      rods.add(box.place(z, y, x), box.place(...to), tints[kind], this.edge * (kind === 1 ? 0.14 : 0.2));
    }
    rods.commit();
    return rods;
  }

  /** Takes over what the reader has chosen. */
  apply(state) {
    writeLookup(this.lookup, this.structure, state);
    const { shape, box } = this.structure;
    const cuts = ["z", "y", "x"].map((axis, position) => cutVoxels(state.clip[axis], shape[position]));
    this.low.set(cuts[2][0], cuts[1][0], cuts[0][0]);
    this.high.set(cuts[2][1], cuts[1][1], cuts[0][1]);
    const first = new Vector3(...box.place(cuts[0][0], cuts[1][0], cuts[2][0]));
    const last = new Vector3(...box.place(cuts[0][1], cuts[1][1], cuts[2][1]));
    const slack = new Vector3(1, 1, 1).multiplyScalar(1e-4);
    const low = first.clone().min(last).sub(slack);
    const high = first.max(last).add(slack);
    if (state.sites && this.structure.sites && !this.sites) {
      this.sites = this.#siteRods();
      this.scene.add(this.sites.mesh);
    }
    if (this.sites) this.sites.mesh.visible = state.sites;
    for (const part of [this.sites, this.marks]) part?.clip(low, high);
  }

  dispose() {
    for (const part of [this.voxels, this.lookup, this.frame, this.marks, this.sites]) part?.dispose();
  }
}
