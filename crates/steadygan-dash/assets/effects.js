// What a study found: effects with their intervals, what it recommends, and what it could not decide.

import { commandList, download, placeOf } from "./commands.js";
import { h, put, svg, table } from "./dom.js";
import * as format from "./format.js";

const VERDICTS = { helps: "helps", hurts: "hurts", within: "does not matter", unresolved: "cannot be told yet" };
const DECIDED = { screening: "One seed: a screening, which takes most effects to be small.", replicates: "" };

const list = (value) => (Array.isArray(value) ? value : []);

// `record` is study.json, `recommended` the text of recommended.toml or null.
export function showResults(node, id, { record, recommended }) {
  const results = record?.results;
  const effects = named(results?.last?.effects);
  const best = named(results?.best?.effects);
  const pairs = named(results?.last?.interactions);
  const open = list(results?.open);
  const margin = Number(record?.plan?.settings?.margin) || 0;
  const folded = (title, of) => of.length > 0 && h("details", {}, h("summary", {}, title), forest(of, margin));
  put(
    node,
    effects.length > 0 && h("section", { "aria-label": "Effects" }, h("h2", {}, "Effects"),
      h("p", { class: "intro" }, `What each factor does to the distance between fakes and reals at the end of training, as a ratio: below 1 is better. ${confidence(record)} ${DECIDED[results.last.decided] ?? ""}`),
      forest(effects, margin),
      folded("The same by the smallest distance on the way", best),
      folded(`What pairs of factors do beyond their own effects (${pairs.length})`, pairs)),
    recommendation(id, record, recommended),
    open.length > 0 && h("section", { "aria-label": "Open" }, h("h2", {}, "What could not be told"), h("ul", { class: "open" }, open.map((sentence) => h("li", {}, String(sentence))))),
  );
}

const named = (effects) => list(effects).filter((effect) => typeof effect?.name === "string");

function confidence(record) {
  const { confidence, margin } = record?.plan?.settings ?? {};
  if (!Number.isFinite(confidence)) return "The intervals hold at once.";
  const band = Number.isFinite(margin) ? ` Between ${ratio(-margin)} and ${ratio(margin)}, the grey band, an effect does not matter.` : "";
  return `All intervals hold at once with ${format.number(100 * confidence)}% confidence.${band}`;
}

// A ratio of distances, from an effect in study.json, which is on the logarithm of the distance.
export const ratio = (logarithm) => format.number(Math.exp(logarithm));

const isKnown = ({ interval }) => ["estimate", "low", "high"].every((key) => Number.isFinite(interval?.[key]));
const inWords = ({ estimate, low, high }) => `× ${ratio(estimate)} (${ratio(low)} to ${ratio(high)})`;

// Intervals on one logarithmic scale, the most helpful effect first. Within ±`margin` an effect does not matter.
function forest(effects, margin) {
  const known = effects.filter(isKnown);
  const [low, high] = [Math.min(-margin, ...known.map(({ interval }) => interval.low)), Math.max(margin, ...known.map(({ interval }) => interval.high))];
  const share = (width) => (96 * width) / (high - low || 1);
  const x = (value) => `${(2 + share(value - low)).toFixed(2)}%`;
  const bar = ({ interval, verdict }) => svg(
    "svg", { class: `interval ${verdict in VERDICTS ? verdict : ""}`, role: "img", "aria-label": `from ${ratio(interval.low)} to ${ratio(interval.high)}` },
    svg("rect", { class: "margin", x: x(-margin), width: `${share(2 * margin).toFixed(2)}%`, y: 0, height: "100%" }),
    svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: "100%" }),
    svg("line", { x1: x(interval.low), x2: x(interval.high), y1: "50%", y2: "50%" }),
    svg("circle", { cx: x(interval.estimate), cy: "50%", r: 4 }),
  );
  const row = (effect) => h("tr", {}, h("th", { scope: "row" }, effect.name),
    h("td", { class: "wide" }, isKnown(effect) && bar(effect)),
    h("td", { class: "number" }, isKnown(effect) ? inWords(effect.interval) : "no runs to tell it by"),
    h("td", { class: `number verdict ${effect.verdict in VERDICTS ? effect.verdict : ""}` }, VERDICTS[effect.verdict] ?? String(effect.verdict ?? "")),
    h("td", { class: "number" }, failures(effect.failures)));
  const order = [...effects].sort((a, b) => (a.interval?.estimate ?? Infinity) - (b.interval?.estimate ?? Infinity));
  const heads = ["factor", "", "ratio of distances", "verdict", "failed with it · without"];
  return table({ class: "forest" }, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, order.map(row)));
}

function failures(both) {
  const of = list(both).filter((one) => Number.isFinite(one?.runs));
  if (of.length !== 2 || of.every(({ failed }) => failed === 0)) return "";
  return of.map(({ failed, runs }) => `${failed} of ${runs}`).join(" · ");
}

function recommendation(id, record, recommended) {
  const levels = list(record?.results?.recommended);
  const factors = list(record?.plan?.factors);
  const chosen = levels.length > 0 ? factors.map((factor, at) => `${factor?.name} = ${JSON.stringify(factor?.levels?.[levels[at]])}`) : [];
  const confirmations = list(record?.results?.confirmations);
  if (chosen.length === 0 && !recommended) return null;
  return h("section", { "aria-label": "Recommended" }, h("h2", {}, "Recommended"),
    chosen.length > 0 && h("ul", { class: "levels" }, chosen.map((level) => h("li", {}, h("code", {}, level)))),
    confirmations.map((one) => h("p", { class: "confirmed" }, `Against ${one?.against} on fresh seeds: ${isKnown(one) ? `${inWords(one.interval)}, ` : ""}${VERDICTS[one?.verdict] ?? one?.verdict}.`)),
    recommended && [
      h("div", { class: "recipe" }, h("pre", { tabindex: "0", "aria-label": "recommended.toml" }, recommended.trim())),
      h("p", { class: "intro" }, download("recommended.toml", recommended)),
      commandList([[`steadygan train ${placeOf(id)}/recommended.toml`, "trains the recommended recipe"]]),
    ]);
}
