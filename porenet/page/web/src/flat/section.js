// One section of the scene with its arrays: labels, networks in the plane, triple points.
import { fullName } from "../data/structure.js";
import { SceneError, unpack } from "../data/scene.js";

export const SPANS = { y: 1, x: 2 };

async function load(scene, index) {
  const entry = scene.structures[index];
  const [, height, width] = entry.shape;
  const [, edgeY, edgeX] = entry.voxel_um;
  const count = height * width;
  const what = `Section ${index + 1} (${entry.name})`;
  const [labels, network, points] = await Promise.all([
    unpack(entry.labels, count, `${what}: its pixels`),
    unpack(entry.network, count, `${what}: its networks`),
    entry.tpb ? unpack(entry.tpb.sites, count, `${what}: its triple points`) : new Uint8Array(0),
  ]);
  const known = new Set(entry.phases.map((phase) => phase.label));
  for (const label of labels) {
    if (!known.has(label)) throw new SceneError(`${what} has pixels of label ${label}, which none of its phases has; write the page again.`);
  }
  return { ...entry, name: fullName(scene, index), height, width, labels, network, points: corners(points, width), um: [height * edgeY, width * edgeX] };
}

/** [row, column] of each pixel at the low corner of which three phases meet. */
function corners(marks, width) {
  const places = [];
  marks.forEach((mark, position) => {
    if (mark > 0) places.push([Math.floor(position / width), position % width]);
  });
  return places;
}

/** A function index -> promise of a section, each unpacked once. */
export function sectionLoader(scene) {
  const sections = new Map();
  return (index) => {
    if (!sections.has(index)) sections.set(index, load(scene, index));
    return sections.get(index);
  };
}
