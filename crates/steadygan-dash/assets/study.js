// A study: what came of it so far, its runs, and what its file says. Whatever the file lacks is left out.

import { h, put, redraw, runLink, svg, table } from "./dom.js";
import * as format from "./format.js";
import { progress, stateChip } from "./list.js";
import { get, listen, runs } from "./live.js";
import { flat } from "./recipe.js";

const VERDICTS = { helps: "helps", hurts: "hurts", within: "does not matter", unresolved: "cannot be told yet" };

export function studyPage(page, { id }) {
  const results = h("div");
  const list = h("section", { "aria-label": "Runs" });
  const said = h("section", { "aria-label": "What the file says" });
  put(page, h("p", { class: "crumb" }, h("a", { href: "#/" }, "All runs")), h("h1", {}, id), results, list, said);
  document.title = `${id} · SteadyGAN`;

  const own = () => [...runs.values()].filter((run) => run.id.startsWith(`${id}/`)).sort((a, b) => a.id.localeCompare(b.id));

  async function read() {
    try {
      const study = await get("/api/study", { study: id });
      redraw(results, study, (node) => showResults(node, study));
      redraw(said, study, (node) => showFile(node, study));
    } catch (error) {
      redraw(said, error.message, (node) => put(node, h("p", { class: "empty" }, `study.json cannot be shown: ${error.message}`)));
    }
  }

  function draw(changed = null) {
    redraw(list, own(), (node) => showRuns(node, own()));
    if (changed === null || [...changed].some((one) => one.startsWith(`${id}/`))) read();
  }

  draw();
  return listen(draw);
}

function showResults(node, study) {
  const found = study?.results?.last?.effects;
  const effects = Array.isArray(found) ? found.filter((effect) => typeof effect?.name === "string") : [];
  const open = Array.isArray(study?.results?.open) ? study.results.open : [];
  const factors = Array.isArray(study?.plan?.factors) ? study.plan.factors : [];
  const recommended = study?.results?.recommended;
  const levels = Array.isArray(recommended) ? factors.map((factor, at) => `${factor?.name} = ${JSON.stringify(factor?.levels?.[recommended[at]])}`) : [];
  put(
    node,
    effects.length > 0 && h("section", { "aria-label": "Effects" }, h("h2", {}, "Effects"),
      h("p", { class: "intro" }, "What each factor does to the distance between fakes and reals, as a ratio: below 1 is better. The intervals hold at once."),
      forest(effects)),
    levels.length > 0 && h("section", { "aria-label": "Recommended" }, h("h2", {}, "Recommended"), h("ul", { class: "levels" }, levels.map((level) => h("li", {}, h("code", {}, level))))),
    open.length > 0 && h("section", { "aria-label": "Open" }, h("h2", {}, "What could not be told"), h("ul", { class: "open" }, open.map((sentence) => h("li", {}, String(sentence))))),
  );
}

// Intervals on one logarithmic scale, the strongest effect first.
function forest(effects) {
  const known = effects.filter(({ interval }) => Number.isFinite(interval?.low) && Number.isFinite(interval?.high));
  const [low, high] = [Math.min(0, ...known.map(({ interval }) => interval.low)), Math.max(0, ...known.map(({ interval }) => interval.high))];
  const x = (value) => `${(2 + (96 * (value - low)) / (high - low || 1)).toFixed(2)}%`;
  const bar = ({ interval, verdict }) => svg(
    "svg", { class: `interval ${verdict in VERDICTS ? verdict : ""}`, role: "img", "aria-label": `from ${ratio(interval.low)} to ${ratio(interval.high)}` },
    svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: "100%" }),
    svg("line", { x1: x(interval.low), x2: x(interval.high), y1: "50%", y2: "50%" }),
    svg("circle", { cx: x(interval.estimate), cy: "50%", r: 4 }),
  );
  const row = (effect) => h("tr", {}, h("th", { scope: "row" }, effect.name),
    h("td", { class: "wide" }, known.includes(effect) && bar(effect)),
    h("td", {}, known.includes(effect) ? `× ${ratio(effect.interval.estimate)} (${ratio(effect.interval.low)} to ${ratio(effect.interval.high)})` : "no runs to tell it by"),
    h("td", {}, VERDICTS[effect.verdict] ?? String(effect.verdict ?? "")));
  const order = [...effects].sort((a, b) => (a.interval?.estimate ?? Infinity) - (b.interval?.estimate ?? Infinity));
  return table({}, h("tbody", {}, order.map(row)));
}

// The file has effects on the logarithm of the distance.
const ratio = (logarithm) => format.number(Math.exp(logarithm));

function showRuns(node, own) {
  const row = (run) => {
    const { number, name } = format.nameParts(run.id);
    return h("tr", {}, h("th", { scope: "row" }, h("a", { href: runLink(run.id) }, `${number} ${name}`)), h("td", {}, stateChip(run)), h("td", {}, progress(run)),
      h("td", {}, run.metrics.map((line) => `${format.metric(line).name} ${format.metric(line).value}`).join(" · ")));
  };
  const ended = own.filter((run) => run.state !== "running").length;
  put(node, h("h2", {}, "Runs ", h("small", { class: "counted" }, `${ended} of ${own.length} ended`)),
    table({}, h("tbody", {}, own.map(row))));
}

function showFile(node, study) {
  const row = ([key, value]) => h("tr", {}, h("th", { scope: "row" }, key), h("td", {}, value));
  put(node, h("details", { open: !study?.results }, h("summary", {}, "What study.json says"),
    table({}, h("tbody", {}, [...flat(study)].map(row)))));
}
