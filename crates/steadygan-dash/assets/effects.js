// What a study found: effects with their intervals, what it recommends, and what it could not decide.

import { commandList, download, placeOf } from "./commands.js";
import { h, put, svg, table } from "./dom.js";
import * as format from "./format.js";

const VERDICTS = { helps: "helps", hurts: "hurts", within: "does not matter", unresolved: "unresolved" };
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
  const folded = (title, of) => of.length > 0 && h("details", {}, h("summary", {}, title), forest(title, of, margin));
  put(
    node,
    effects.length > 0 && h("section", { "aria-label": "Effects" }, h("h2", {}, "Effects"),
      h("p", { class: "intro" }, `How each factor changes the distance between fakes and reals at the end of training: less is better. ${confidence(record)} ${DECIDED[results.last.decided] ?? ""}`),
      forest("Effects", effects, margin),
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
  const band = Number.isFinite(margin) ? ` Between ${change(-margin)} and ${change(margin)}, the grey band, an effect does not matter.` : "";
  return `All intervals hold at once with ${format.number(100 * confidence)}% confidence.${band}`;
}

// A distance, from its logarithm in study.json.
export const distance = (logarithm) => format.number(Math.exp(logarithm));

// An effect on the logarithm of the distance, as the change of the distance: −0.7 → "−50%", 0.7 → "+101%".
export function change(logarithm) {
  const percent = 100 * Math.expm1(logarithm);
  const digits = Math.abs(percent) < 1 || (percent < -99 && percent > -100) ? 1 : 0;
  const text = Math.abs(percent) >= 1e4 ? format.short(percent) : percent.toFixed(digits);
  return `${percent > 0 ? "+" : ""}${text.replace("-", "−")}%`;
}

const isKnown = ({ interval }) => ["estimate", "low", "high"].every((key) => Number.isFinite(interval?.[key]));
const inWords = ({ estimate, low, high }) => `${change(estimate)} (${change(low)} to ${change(high)})`;

// Changes of the distance at which the axis of effects has a tick.
const TICKS = [-0.999, -0.99, -0.9, -0.75, -0.5, 0, 1, 3, 9, 99, 999];
// The room that a tick's text takes, as a share of the axis.
const TICK_ROOM = 13;

// Intervals on one logarithmic scale, the most helpful effect first. Within ±`margin` an effect does not matter.
function forest(label, effects, margin) {
  const known = effects.filter(isKnown);
  const someFailed = effects.some((effect) => failures(effect.failures) !== "");
  const [low, high] = [Math.min(-margin, ...known.map(({ interval }) => interval.low)), Math.max(margin, ...known.map(({ interval }) => interval.high))];
  const share = (width) => (96 * width) / (high - low || 1);
  const place = (value) => 2 + share(value - low);
  const x = (value) => `${place(value).toFixed(2)}%`;
  const bar = ({ interval, verdict }) => svg(
    "svg", { class: `interval ${verdict in VERDICTS ? verdict : ""}`, role: "img", "aria-label": `from ${change(interval.low)} to ${change(interval.high)}` },
    svg("rect", { class: "margin", x: x(-margin), width: `${share(2 * margin).toFixed(2)}%`, y: 0, height: "100%" }),
    svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: "100%" }),
    svg("line", { x1: x(interval.low), x2: x(interval.high), y1: "50%", y2: "50%" }),
    svg("circle", { cx: x(interval.estimate), cy: "50%", r: 4 }),
  );
  const row = (effect) => h("tr", {}, h("th", { scope: "row" }, effect.name),
    h("td", { class: "wide" }, isKnown(effect) && bar(effect)),
    h("td", { class: "number" }, isKnown(effect) ? inWords(effect.interval) : "no runs to tell it by"),
    h("td", { class: `number verdict ${effect.verdict in VERDICTS ? effect.verdict : ""}` }, VERDICTS[effect.verdict] ?? String(effect.verdict ?? "")),
    someFailed && h("td", { class: "number" }, failures(effect.failures)));
  const order = [...effects].sort((a, b) => (a.interval?.estimate ?? Infinity) - (b.interval?.estimate ?? Infinity));
  const heads = ["factor", ["how the distance changes", known.length > 0 && effectAxis(low, high, place)], "change", "verdict", someFailed && "failed with it · without"].filter(Boolean);
  return table({ class: "forest" }, label, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, order.map(row)));
}

// The axis of all intervals: which way is better, and changes of the distance as ticks.
function effectAxis(low, high, place) {
  const places = TICKS.map((tick) => Math.log1p(tick)).map((tick) => [tick, place(tick)]).filter(([, at]) => at > TICK_ROOM / 2 && at < 100 - TICK_ROOM / 2);
  const zero = place(0);
  const shown = places.filter(([tick, at]) => tick === 0 || Math.abs(at - zero) > TICK_ROOM).filter(([, at], nth, all) => nth === 0 || at - all[nth - 1][1] > TICK_ROOM || at === zero);
  const tick = ([value, at]) => {
    const node = h("span", { class: "tick" }, value === 0 ? "0%" : change(value));
    node.style.left = `${at.toFixed(2)}%`;
    return node;
  };
  return h("div", { class: "axis" }, h("p", {}, h("span", {}, "← better"), h("span", {}, "worse →")), h("div", { class: "ticks", "aria-hidden": "true" }, shown.map(tick)));
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
