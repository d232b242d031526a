// The sites of the triple-phase boundary: voxel edges, and the four voxels round each.
import { SceneError } from "./scene.js";

export const KINDS = ["active", "unknown", "inactive"];

/**
 * @param {Uint8Array} bytes one a voxel, two bits a direction (z lowest): 0 for no site, else 1 + its kind
 * @returns {{count: number, at: (site: number) => {z, y, x, direction, kind}}}
 */
export function readSites(bytes, { shape: [, ny, nx] }, told) {
  let count = 0;
  for (const byte of bytes) {
    if (byte === 0) continue;
    if (byte > 63) throw new SceneError(`${told}: a voxel of its triple-phase boundary holds ${byte}, which says nothing; write the page again.`);
    count += ((byte & 3) > 0) + ((byte & 12) > 0) + ((byte & 48) > 0);
  }
  const voxels = new Uint32Array(count);
  const words = new Uint8Array(count); // direction + 4 x kind
  let site = 0;
  for (let voxel = 0; voxel < bytes.length; voxel++) {
    for (let direction = 0, left = bytes[voxel]; left > 0; direction++, left >>= 2) {
      if ((left & 3) === 0) continue;
      voxels[site] = voxel;
      words[site++] = direction + 4 * ((left & 3) - 1);
    }
  }
  const at = (number) => {
    const voxel = voxels[number];
    const row = Math.floor(voxel / nx);
    return { z: Math.floor(row / ny), y: row % ny, x: voxel % nx, direction: words[number] & 3, kind: words[number] >> 2 };
  };
  return { count, at };
}

/** Positions (C order) of the four voxels round a site; on a periodic axis the voxel before index 0 is the last one. */
export function around({ z, y, x, direction }, [nz, ny, nx]) {
  const before = (index, size) => (index === 0 ? size - 1 : index - 1);
  const zs = direction === 0 ? [z] : [before(z, nz), z];
  const ys = direction === 1 ? [y] : [before(y, ny), y];
  const xs = direction === 2 ? [x] : [before(x, nx), x];
  return zs.flatMap((k) => ys.flatMap((j) => xs.map((i) => (k * ny + j) * nx + i)));
}
