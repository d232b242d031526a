// A phase's ways: where its particles come in, which of its components lead to a reaction, and where the others end.
import { around } from "../data/sites.js";
import { spread } from "./distances.js";

const AXES = "zyx";

/** The fed phases of a structure with their ways; worked out once, when the simulation first runs. */
export function networksOf(structure) {
  if (!structure.ways) {
    const networks = new Map();
    structure.phases.forEach((phase, position) => {
      if (phase.reservoir) networks.set(position, { phase, position, ...spread(structure, phase.label, phase.reservoir, phase.wraps) });
    });
    const sites = reactionSites(structure, networks);
    for (const network of networks.values()) {
      network.goals = sites ? goalsAtSites(network, sites) : goalsAcross(network, structure.shape);
      network.ends = deepest(network, structure.shape);
    }
    structure.ways = { networks, sites };
  }
  return structure.ways;
}

/**
 * The active sites that the three phases reach, each with one voxel of every phase beside it.
 * @returns {null | {number: Int32Array, beside: Map<number, Int32Array>}} null where nothing can react: no boundary
 *   of three phases, or a phase of it with no role or no reservoir
 */
function reactionSites(structure, networks) {
  const { tpb, sites, phases, shape, labels } = structure;
  if (!tpb || !sites) return null;
  const roles = tpb.phases.map((position) => phases[position].role);
  if (!["electrons", "ions", "gas"].every((role) => roles.includes(role))) return null;
  if (!tpb.phases.every((position) => networks.has(position))) return null;
  const numbers = [];
  const beside = new Map(tpb.phases.map((position) => [position, []]));
  for (let number = 0; number < sites.count; number++) {
    const site = sites.at(number);
    if (site.kind !== 0) continue;
    const voxels = around(site, shape);
    const found = tpb.phases.map((position) => {
      const { distance } = networks.get(position);
      return voxels.find((voxel) => labels[voxel] === phases[position].label && distance[voxel] >= 0) ?? -1;
    });
    if (found.includes(-1)) continue;
    numbers.push(number);
    tpb.phases.forEach((position, which) => beside.get(position).push(found[which]));
  }
  return { numbers, beside };
}

/** component -> indices into the reaction sites. */
function goalsAtSites({ position, component }, { numbers, beside }) {
  const goals = new Map();
  const voxels = beside.get(position);
  numbers.forEach((_, index) => gather(goals, component[voxels?.[index] ?? -1], index));
  goals.delete(undefined);
  return goals;
}

/** component -> voxels of it on the face opposite to its reservoir. */
function goalsAcross({ phase, component, reached }, shape) {
  const goals = new Map();
  for (const voxel of reached) if (depth(voxel, phase.reservoir, shape) === shape[AXES.indexOf(phase.reservoir[0])] - 1) gather(goals, component[voxel], voxel);
  return goals;
}

/** component -> its voxels farthest from the face; where particles end that no goal can be found for. */
function deepest({ phase, component, reached, components }, shape) {
  const most = new Int32Array(components).fill(-1);
  const ends = new Map();
  for (const voxel of reached) {
    const deep = depth(voxel, phase.reservoir, shape);
    const part = component[voxel];
    if (deep > most[part]) {
      most[part] = deep;
      ends.set(part, []);
    }
    if (deep === most[part]) ends.get(part).push(voxel);
  }
  return ends;
}

/** Layers between a voxel and a face. */
function depth(voxel, face, [nz, ny, nx]) {
  const at = [Math.floor(voxel / (ny * nx)), Math.floor(voxel / nx) % ny, voxel % nx];
  const axis = AXES.indexOf(face[0]);
  return face.endsWith("min") ? at[axis] : [nz, ny, nx][axis] - 1 - at[axis];
}

function gather(groups, key, value) {
  if (!groups.has(key)) groups.set(key, []);
  groups.get(key).push(value);
}
