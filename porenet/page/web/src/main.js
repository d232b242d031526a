// Reads the scene and builds the page; `window.porenet` lets tests and the curious drive it.
import { readScene } from "./data/scene.js";
import { buildFlatPage } from "./flat/flat_page.js";
import { showMessage } from "./message.js";
import { buildPage } from "./page.js";

const handle = { ready: false, error: null, scene: null };
window.porenet = handle;

function fail(error) {
  handle.error = error.message;
  showMessage(error.message);
}

async function start() {
  handle.scene = readScene(document);
  document.title = handle.scene.title || "porenet";
  const build = handle.scene.structures[0].dims === 2 ? buildFlatPage : buildPage;
  const { actions, first } = build(handle.scene, document.getElementById("page"), fail);
  Object.assign(handle, actions);
  await first;
  handle.ready = handle.error === null;
}

/** Fulfilled once the page is ready or has said why it is not. */
handle.settled = start().catch(fail).then(() => handle.error);
