// One structure of the scene with its arrays, and where its voxels lie.
import { SceneError, unpack } from "./scene.js";
import { readSites } from "./sites.js";

export const AXES = ["z", "y", "x"];
export const SUPPLIED = 1;
export const SPANNING = 2;
export const UNKNOWN = 4;

/** The name of a structure, with its run's where the two differ. */
export function fullName(scene, index) {
  const { name, run } = scene.structures[index];
  const owner = scene.runs[run]?.name;
  return owner === undefined || owner === name ? name : `${owner}: ${name}`;
}

/** Unpacks a structure's arrays; the result is kept by `loader`. */
async function load(scene, index) {
  const entry = scene.structures[index];
  const [nz, ny, nx] = entry.shape;
  const count = nz * ny * nx;
  const told = `Structure ${index + 1} (${entry.name})`;
  const [labels, network, sites] = await Promise.all([
    unpack(entry.labels, count, `${told}: its voxels`),
    unpack(entry.network, count, `${told}: its networks`),
    entry.tpb ? unpack(entry.tpb.sites, count, `${told}: its triple-phase boundary`) : null,
  ]);
  const phaseOfLabel = new Int16Array(256).fill(-1);
  entry.phases.forEach((phase, position) => {
    phaseOfLabel[phase.label] = position;
  });
  for (const label of labels) {
    if (phaseOfLabel[label] < 0) throw new SceneError(`${told} has voxels of label ${label}, which none of its phases has; write the page again.`);
  }
  return { ...entry, name: fullName(scene, index), index, count, labels, network, phaseOfLabel, sites: sites && readSites(sites, entry, told), box: boxOf(entry) };
}

/** A function index -> promise of a structure, each unpacked once. */
export function loader(scene) {
  const kept = new Map();
  return (index) => {
    if (!kept.has(index)) kept.set(index, load(scene, index));
    return kept.get(index);
  };
}

/**
 * The box in the world of the view: centred, its longest edge 1, z pointing down, so that z = 0 is on top.
 * World X is x, world Y is -z, world Z is y: a rotation, nothing is mirrored.
 */
function boxOf({ shape, voxel_um }) {
  const um = shape.map((size, axis) => size * voxel_um[axis]);
  const scale = 1 / Math.max(...um);
  const [dz, dy, dx] = voxel_um.map((edge) => edge * scale);
  const [lz, ly, lx] = um.map((edge) => edge * scale);
  return {
    um,
    edges: [dz, dy, dx],
    size: [lx, lz, ly],
    /** World place of a point given in voxel edges; voxel centres are at halves. */
    place: (z, y, x) => [x * dx - lx / 2, lz / 2 - z * dz, y * dy - ly / 2],
  };
}

/** [z, y, x] of a voxel's position in C order. */
export function voxelAt(position, [, ny, nx]) {
  return [Math.floor(position / (ny * nx)), Math.floor(position / nx) % ny, position % nx];
}
