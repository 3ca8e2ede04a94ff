// The metrics: the latest and the best value of each beside its floor, and the evaluation.

import { h, put, table } from "./dom.js";
import * as format from "./format.js";

// `tables` are the tables of metrics.jsonl, as the curves hold them; `evaluation` is evaluation.json or null.
export function showMeasured(node, tables, evaluation) {
  const rows = tables.map(trained).filter(Boolean);
  const evaluated = Array.isArray(evaluation?.metrics) ? evaluation.metrics : [];
  const some = rows.length + evaluated.length > 0;
  put(node, some && h("h2", {}, "Metrics"), rows.length > 0 && whileTraining(rows), evaluated.length > 0 && evaluationTable(evaluation, evaluated));
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
  return table({}, head(["while training", "latest", "best", "reals get (floor)"]), h("tbody", {}, rows.map(row)));
}

function evaluationTable(evaluation, metrics) {
  const row = (metric) => h("tr", {}, h("th", { scope: "row" }, String(metric?.name ?? metric?.metric ?? "")),
    number(`${format.number(metric?.value)} (${format.number(metric?.low)} to ${format.number(metric?.high)})`),
    number(format.number(metric?.floor)), number(String(metric?.better ?? "")),
    number(`${format.count(metric?.samples)} fakes, ${format.count(metric?.reals)} reals`), h("td", {}, metric?.caveat ? String(metric.caveat) : ""));
  const skipped = Array.isArray(evaluation.skipped) ? evaluation.skipped : [];
  const of = `Evaluated: the ${evaluation.checkpoint ?? ""} checkpoint after ${format.count(evaluation.images)} images against ${evaluation.against}, with 95% intervals.`;
  return [
    h("p", { class: "intro" }, of),
    table({}, head(["evaluation", "value", "floor", "better", "measured on", ""]), h("tbody", {}, metrics.map(row))),
    skipped.map((one) => h("p", { class: "intro" }, `${one?.metric} was not measured: ${one?.why}`)),
  ];
}

const number = (...text) => h("td", { class: "number" }, text);
const head = (heads) => h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text))));
