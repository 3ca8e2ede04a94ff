// The metrics: the latest and the best value of each beside its floor, and the evaluation.

import { h, put, table } from "./dom.js";
import * as format from "./format.js";

// `tables` are the tables of metrics.jsonl, as the curves hold them; `evaluation` is evaluation.json or null; `evaluate`
// is the command that makes it.
export function showMeasured(node, tables, evaluation, evaluate) {
  const rows = tables.map(trained).filter(Boolean);
  const evaluated = Array.isArray(evaluation?.metrics) ? evaluation.metrics : [];
  const some = rows.length + evaluated.length > 0;
  const nothing = h("p", { class: "intro" }, "Nothing has been measured yet. ", h("code", {}, evaluate), " says how good the images are, beside what real images get.");
  put(node, h("h2", {}, "Metrics"), !some && nothing, rows.length > 0 && whileTraining(rows), evaluated.length > 0 && evaluationTable(evaluation, evaluated));
}

// The latest and the best value of one metric: the lowest distance, or the most modes.
function trained({ kind, images, keys, columns }) {
  const column = (key) => columns[keys.indexOf(key)] ?? [];
  const isModes = kind === null && keys.includes("modes");
  const values = isModes ? column("modes") : column("value");
  const known = values.map((value, at) => [value, at]).filter(([value]) => Number.isFinite(value));
  if (known.length === 0) return null;
  const [latest, last] = known.at(-1);
  const [best, at] = known.reduce((one, other) => ((isModes ? other[0] > one[0] : other[0] < one[0]) ? other : one));
  const spread = column("deviation")[last];
  return {
    name: kind ?? "modes", latest, best, bestImages: images[at], spread: Number.isFinite(spread) ? ` ± ${format.number(spread)}` : "",
    floor: isModes ? column("of")[last] : column("floor")[last], isModes,
  };
}

function whileTraining(rows) {
  const row = ({ name, latest, best, bestImages, spread, floor, isModes }) => h("tr", {}, h("th", { scope: "row" }, name),
    number(format.number(latest), spread), number(`${format.number(best)} after ${format.count(bestImages)} images`),
    number(Number.isFinite(floor) ? `${format.number(floor)}${isModes ? " there are" : ""}` : "–"));
  return table({}, "Metrics while training", head(["while training", "latest", "best", "reals get (floor)"]), h("tbody", {}, rows.map(row)));
}

function evaluationTable(evaluation, metrics) {
  const row = (metric) => h("tr", {}, h("th", { scope: "row" }, String(metric?.name ?? metric?.metric ?? "")),
    number(`${format.number(metric?.value)} (${format.number(metric?.low)} to ${format.number(metric?.high)})`),
    number(format.number(metric?.floor)), number(BETTER[metric?.better] ?? String(metric?.better ?? "")),
    number(measuredOn(metric)), h("td", {}, metric?.caveat ? String(metric.caveat) : ""));
  const skipped = Array.isArray(evaluation.skipped) ? evaluation.skipped : [];
  const of = `Evaluated: the ${evaluation.checkpoint ?? ""} checkpoint after ${format.count(evaluation.images)} images against ${evaluation.against}, with 95% intervals.`;
  return [
    h("p", { class: "intro" }, of),
    table({}, "Evaluation", head(["evaluation", "value", "reals get (floor)", "better is", "measured on", "to know"]), h("tbody", {}, metrics.map(row))),
    skipped.map((one) => h("p", { class: "intro" }, `${one?.metric} was not measured: ${one?.why}`)),
  ];
}

// Which values of a metric are better, in words.
const BETTER = { higher: "higher", lower: "lower", floor: "near the floor" };

// What a metric compares, where that is not fakes with reals.
const COMPARED = { "overfit-gap": ["training reals", "held-out reals"], memorisation: ["fakes", "training and held-out reals"] };

function measuredOn(metric) {
  const [some, others] = COMPARED[metric?.metric] ?? ["fakes", "reals"];
  return `${format.count(metric?.samples)} ${some}, ${format.count(metric?.reals)} ${others}`;
}

const number = (...text) => h("td", { class: "number" }, text);
const head = (heads) => h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text))));
