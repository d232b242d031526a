// Builds ../app/app.html: one document with script, style and the licences of what is in it. The same sources and the
// same lock give the same bytes, so `--check` (and CI) can tell whether the built file is current.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const app = join(here, "..", "app");

/** What the stamp covers, as paths from here in the order of their bytes. */
function sources() {
  const found = readdirSync(join(here, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(here, join(entry.parentPath, entry.name)).split(sep).join("/"));
  return ["../colours.json", "build.mjs", "index.html", "package-lock.json", "package.json", "style.css", ...found].sort();
}

/** Text with the line ends of every system made one, so that a checkout on any of them gives the same stamp. */
const text = (path) => readFileSync(path, "utf8").replaceAll("\r\n", "\n");

function stamp() {
  const hash = createHash("sha256");
  for (const path of sources()) hash.update(`${path}\n`).update(text(join(here, path))).update("\0");
  return `sha256:${hash.digest("hex")}`;
}

/** name -> licence text of every package that the bundle took a file from. */
function licences(inputs) {
  const names = new Set();
  for (const path of Object.keys(inputs)) {
    const name = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1];
    if (name) names.add(name);
  }
  return [...names].sort().map((name) => {
    const folder = join(here, "node_modules", name);
    const file = ["LICENSE", "LICENSE.md", "LICENSE.txt"].find((candidate) => existsSync(join(folder, candidate)));
    if (!file) throw new Error(`${name} ships no licence text`);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { name, version, license, text: text(join(folder, file)).trim() };
  });
}

/** Puts a part into the template as it is: the parts hold `$`, which `replace` would read. */
function put(template, mark, part) {
  const pieces = template.split(mark);
  if (pieces.length !== 2) throw new Error(`index.html has ${pieces.length - 1} times ${mark}, not once`);
  return pieces.join(part);
}

const options = { bundle: true, minify: true, write: false, legalComments: "none", absWorkingDir: here, charset: "utf8" };
const script = await build({
  ...options,
  entryPoints: ["src/main.js"],
  format: "iife",
  target: ["chrome108", "firefox115", "safari16.4"],
  metafile: true,
});
const style = await build({ ...options, entryPoints: ["style.css"] });
const code = script.outputFiles[0].text.trim();
for (const mark of ["</script", "<!--", "PORENET_SCENE"]) {
  if (code.includes(mark)) throw new Error(`the script holds ${mark}, which would end or change it in a page`);
}

const used = licences(script.metafile.inputs);
const notice = used.map((one) => `${one.name} ${one.version} (${one.license})\n\n${one.text}`).join("\n\n\n");
if (notice.includes("-->")) throw new Error("a licence text would end the comment that holds it");
let page = text(join(here, "index.html"));
page = put(page, "<!--PORENET_LICENCES-->", `<!--\nThis page contains:\n\n${notice}\n-->`);
page = put(page, "PORENET_STAMP", stamp());
page = put(page, "/*PORENET_STYLE*/", style.outputFiles[0].text.trim());
page = put(page, "/*PORENET_SCRIPT*/", code);

const targets = { [join(app, "app.html")]: page, [join(app, "LICENCES.txt")]: `${notice}\n` };
const stale = Object.entries(targets).filter(([path, built]) => !existsSync(path) || text(path) !== built);
if (process.argv.includes("--check")) {
  for (const [path] of stale) console.error(`${relative(here, path)} is not what the sources give: run npm run build`);
  process.exitCode = stale.length ? 1 : 0;
} else {
  for (const [path, built] of stale) writeFileSync(path, built);
  console.log(`app.html ${(page.length / 1024).toFixed(0)} kB, ${used.map((one) => one.name).join(", ")}`);
}
