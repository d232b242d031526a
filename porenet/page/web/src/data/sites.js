// The sites of the triple-phase boundary: voxel edges, and the four voxels round each.
import { SceneError } from "./scene.js";

export const KINDS = ["active", "unknown", "inactive"];

/** @returns {{count: number, at: (site: number) => {z, y, x, direction, kind}}} */
export function readSites(bytes, { shape }, told) {
  if (bytes.length % 8) throw new SceneError(`${told}: its triple-phase boundary has ${bytes.length} bytes, not four numbers a site; write the page again.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows = new Uint16Array(bytes.length / 2);
  for (let number = 0; number < rows.length; number++) rows[number] = view.getUint16(2 * number, true);
  for (let row = 0; row < rows.length; row += 4) {
    const outside = rows[row] >= shape[0] || rows[row + 1] >= shape[1] || rows[row + 2] >= shape[2];
    if (outside || (rows[row + 3] & 3) > 2 || rows[row + 3] >> 2 > 2) {
      throw new SceneError(`${told}: site ${row / 4} of its triple-phase boundary is no edge of this box; write the page again.`);
    }
  }
  const at = (site) => {
    const [z, y, x, word] = rows.subarray(4 * site, 4 * site + 4);
    return { z, y, x, direction: word & 3, kind: word >> 2 };
  };
  return { count: rows.length / 4, at };
}

/** Positions (C order) of the four voxels round a site; on a periodic axis the voxel before index 0 is the last one. */
export function around({ z, y, x, direction }, [nz, ny, nx]) {
  const before = (index, size) => (index === 0 ? size - 1 : index - 1);
  const zs = direction === 0 ? [z] : [before(z, nz), z];
  const ys = direction === 1 ? [y] : [before(y, ny), y];
  const xs = direction === 2 ? [x] : [before(x, nx), x];
  return zs.flatMap((k) => ys.flatMap((j) => xs.map((i) => (k * ny + j) * nx + i)));
}
