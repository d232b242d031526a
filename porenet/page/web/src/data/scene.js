// The scene that `porenet page` wrote into the document: found, checked, and its arrays unpacked when wanted.

export const FORMAT = 4;

/** Something about the scene that its reader can act on; shown instead of the page. */
export class SceneError extends Error {}

/** The scene of this document, checked as far as the page relies on it. */
export function readScene(document) {
  const element = document.getElementById("scene");
  if (!element) {
    throw new SceneError("This file holds no scene. It is the empty page; write one with: porenet page VOLUME -o page.html");
  }
  let scene;
  try {
    scene = JSON.parse(element.textContent);
  } catch (error) {
    throw new SceneError(`The scene in this file cannot be read (${error.message}). The file may have been cut short; write it again.`);
  }
  checkScene(scene);
  return scene;
}

function checkScene(scene) {
  if (scene === null || typeof scene !== "object") throw new SceneError("The scene in this file is no object; write the page again.");
  if (scene.format !== FORMAT) {
    throw new SceneError(
      `The scene in this file has format ${JSON.stringify(scene.format)}, and this page reads format ${FORMAT}. ` +
        "Page and scene come from different versions of porenet: write the page again with one of them.",
    );
  }
  for (const part of ["runs", "structures"]) {
    if (!Array.isArray(scene[part])) throw new SceneError(`The scene in this file lists no ${part}; write the page again.`);
  }
  if (scene.structures.length === 0) {
    throw new SceneError("The scene in this file holds no structure. Give porenet page a volume, or a run that has samples.");
  }
  if (new Set(scene.structures.map((structure) => structure?.dims ?? 3)).size > 1) {
    throw new SceneError("The scene in this file holds sections and volumes, which do not share a page; write a page of each.");
  }
  scene.structures.forEach((structure, index) => {
    const told = `Structure ${index + 1} (${structure?.name ?? "no name"})`;
    const { shape, voxel_um, phases } = structure ?? {};
    const threes = [shape, voxel_um].every((row) => Array.isArray(row) && row.length === 3 && row.every((size) => size > 0));
    if (!threes || !Array.isArray(phases)) throw new SceneError(`${told} lacks its shape, voxel edges or phases; write the page again.`);
  });
}

/**
 * Bytes from base64 of gzip.
 * @param {string} text
 * @param {number} size expected bytes
 * @param {string} told what it is, for the message
 * @returns {Promise<Uint8Array>}
 */
export async function unpack(text, size, told) {
  let bytes;
  try {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    if (typeof DecompressionStream === "undefined") {
      throw new SceneError("This browser cannot unpack the volumes. Firefox 113, Chrome 108, Safari 16.4 and all later ones can.");
    }
    throw new SceneError(`${told} cannot be unpacked (${error.message}). The file may have been cut short; write the page again.`);
  }
  if (bytes.length !== size) {
    throw new SceneError(`${told} holds ${bytes.length} bytes where its shape asks for ${size}; write the page again.`);
  }
  return bytes;
}
