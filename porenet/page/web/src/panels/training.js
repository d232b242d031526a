// What a run was trained with, and how the soft values that it followed parted from the hard ones.
import { make, section } from "../dom.js";
import { chart } from "./chart.js";

export function training(scene, store) {
  if (!scene.runs.some((run) => run.curves || run.losses?.length > 0)) return null;
  const body = make("div", {});
  const show = () => {
    const run = scene.runs[scene.structures[store.get().shown].run];
    body.replaceChildren(...parts(run).filter(Boolean));
  };
  show();
  store.watch(["shown"], show);
  return section("training", "How it was trained", body);
}

function parts(run) {
  if (!run) return [];
  const { curves, losses = [] } = run;
  const units = new Map(losses.map((one) => [one.label, one.unit]));
  const lead = make("p", {}, make("b", {}, run.name), run.kind === "run" ? null : ": measured structures, nothing was trained.");
  if (run.kind === "run" && !curves && losses.length === 0) return [lead, make("p", { class: "none" }, "This run tells neither its losses nor its curves.")];
  return [
    lead,
    curves && make("p", {}, "The losses read the field as ", make("b", {}, curves.relax), ". Soft: on the probabilities. Hard: on the most probable phase of each voxel, which is what is saved. The shaded gap between them is what a loss can be fooled by; steps at which one was are marked in red below the curve. Witness: another measure of the same structure, over that of the structures behind the targets; a loss that is met while its witness is far from 1 is blind, and such steps are marked in violet."),
    curves && make("p", { class: "legend" }, ["read", "soft", "hard"].map((kind) => make("span", {}, make("i", { class: `key ${kind}` }), kind === "read" ? "as the loss read it" : kind))),
    curves && make("div", { class: "charts" },
      (curves.terms ?? []).map((term) => chart({
        title: term.label, unit: units.get(term.label), steps: curves.step, gap: ["soft", "hard"], marks: { fooled: term.fooled, blind: term.blind }, beside: { name: "witness", values: term.witness },
        series: ["read", "soft", "hard"].map((kind) => ({ name: kind, kind, values: term[kind] })),
      })),
      (curves.phases ?? []).map((phase) => chart({
        title: `Volume fraction of ${phase.name}`, unit: "1", steps: curves.step, gap: ["soft", "hard"],
        series: ["soft", "hard"].map((kind) => ({ name: kind, kind, values: phase[kind] })),
      }))),
    losses.length > 0 && make("div", { class: "losses" }, losses.map(lossCard)),
  ];
}

function lossCard({ label, loss, weight, unit, summary, caveats }) {
  return make("article", { class: "loss" },
    make("h3", {}, label, label !== loss && make("small", {}, loss)),
    make("p", {}, summary),
    make("p", { class: "fine" }, [weight !== null && weight !== undefined && `weight ${weight}`, unit && `unit ${unit}`].filter(Boolean).join(" · ")),
    caveats?.length > 0 && make("ul", {}, caveats.map((one) => make("li", {}, one))));
}
