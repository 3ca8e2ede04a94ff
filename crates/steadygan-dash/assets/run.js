// The page of one run, with the curves of other runs over its own.

import { placeOf, runCommands } from "./commands.js";
import { Curves, runColour } from "./curves.js";
import { h, noteList, put, redraw, runLink, swatch } from "./dom.js";
import { Explorer, networks } from "./explore.js";
import * as findings from "./findings.js";
import * as format from "./format.js";
import { setPageKeys } from "./keys.js";
import { progress, stateChip } from "./list.js";
import { folder, listen, runs } from "./live.js";
import { showMeasured } from "./measured.js";
import { showRecipe } from "./recipe.js";
import { Sheets } from "./sheets.js";
import { first, get, report, wayBack } from "./source.js";

const MAX_OVERLAID = 7;

export function runPage(page, { id, others }) {
  const ids = [id, ...others.filter((other) => other !== id)].slice(0, MAX_OVERLAID + 1);
  const nodes = Object.fromEntries(["head", "notes", "found", "measured", "overlaid", "explore", "recipe", "layers", "repeat"].map((name) => [name, h("div", { class: name })]));
  const curves = new Curves(ids, { pick: (images) => sheets.goToImages(images) });
  const sheets = new Sheets(id, { move: (images) => curves.moveTo(images) });
  const pick = (images) => {
    sheets.goToImages(images);
    curves.moveTo(images);
  };
  put(
    page,
    nodes.head, nodes.notes,
    h("section", { "aria-label": "Pictures" }, sheets.node),
    h("section", { "aria-label": "Findings" }, nodes.found),
    h("section", { "aria-label": "Curves" }, h("div", { class: "headline" }, h("h2", {}, "Curves"), nodes.overlaid, curves.tools), curves.notes, curves.grid, curves.more),
    h("section", { "aria-label": "Metrics" }, nodes.measured),
    h("section", { "aria-label": "Explore" }, nodes.explore),
    h("section", { "aria-label": "Recipe" }, nodes.recipe, nodes.layers),
    h("section", { "aria-label": "Commands" }, h("h2", {}, "Commands"), nodes.repeat),
  );
  document.title = `${id} · SteadyGAN`;

  // Offers the explorer and the table of layers. Both need a checkpoint, from which another process makes them.
  let explorer = null;
  function offer(own) {
    if (explorer || !own.has_checkpoint) return;
    explorer = new Explorer(id);
    if (summary.data?.size > 1) put(nodes.explore, explorer.node);
    put(nodes.layers, networks(id));
  }

  // The run's summary in the list. It is kept after the run is removed from the folder.
  let summary = null;
  let gone = false;
  let stopped = false;
  const details = new Map();

  async function load(changed = null) {
    const wanted = ids.filter((one) => !changed || changed.has(one) || !details.has(one));
    const read = await Promise.all(wanted.map((one) => get("/api/run", { run: one }).catch(() => null)));
    if (stopped) return;
    wanted.forEach((one, at) => read[at] && details.set(one, { id: one, ...read[at] }));
    const own = details.get(id);
    summary = runs.get(id) ?? summary;
    if (wanted.includes(id)) gone = read[wanted.indexOf(id)] === null;
    if (!own || !summary) return put(page, h("p", { class: "empty" }, `There is no run ${id} in this folder (any more). `, h("a", { href: first.link }, first.title)));
    if (!gone) sheets.set(own.sheets, own.has_reals, own.sheets_written, summary.seed);
    const found = findings.gathered(own.findings);
    head(nodes.head, summary);
    const notes = gone ? ["This run is no longer in the folder: what is shown is what was last read."] : summary.notes;
    put(nodes.notes, noteList(notes));
    redraw(nodes.found, own.findings, (node) => findings.showFindings(node, found, pick));
    const all = ids.map((one) => details.get(one)).filter(Boolean);
    redraw(nodes.recipe, all.map(({ recipe, plan }) => [recipe, plan]), (node) => showRecipe(node, all));
    offer(own);
    redraw(nodes.repeat, [folder.name, summary.state, summary.of, summary.data], (node) => put(node, runCommands(summary)));
    curves.marks = findings.marks(found);
    if (!gone) await curves.load(wanted);
    const measured = curves.whole.get(id)?.metrics ?? [];
    redraw(nodes.measured, [measured, own.evaluation], (node) => showMeasured(node, measured, own.evaluation));
  }

  overlaid(nodes.overlaid, ids);
  load();

  // Changes may come quickly, so there is one reading at a time. Changes during a reading are collected for the next
  // one.
  let waiting = null;
  let busy = false;
  async function follow(changed) {
    const concerns = ids.filter((one) => changed.has(one));
    if (concerns.length === 0) return;
    waiting = new Set([...(waiting ?? []), ...concerns]);
    if (busy) return;
    busy = true;
    while (waiting && !stopped) {
      const now = waiting;
      waiting = null;
      await load(now);
    }
    busy = false;
  }
  const unlisten = listen(follow);

  const neighbour = (by) => {
    const all = [...runs.keys()].sort();
    const next = all[all.indexOf(id) + by];
    if (next) location.hash = runLink(next);
  };
  setPageKeys([
    [" ", "play or pause the sheets", () => sheets.toggle(), "Space"],
    ["ArrowLeft", "the sheet before", () => sheets.step(-1), "←"],
    ["ArrowRight", "the next sheet", () => sheets.step(1), "→"],
    ["Home", "the first sheet", () => sheets.step(-Infinity)],
    ["End", "the last sheet", () => sheets.step(Infinity)],
    ["+", "zoom the curves in", () => curves.zoomBy(0.5, 0)],
    ["-", "zoom the curves out", () => curves.zoomBy(2, 0)],
    ["0", "show all of the curves", () => curves.zoom(null)],
    [",", "move the zoomed curves back", () => curves.zoomBy(1, -0.25)],
    [".", "move the zoomed curves on", () => curves.zoomBy(1, 0.25)],
    ["a", "images or time on the axis", () => curves.setAxis(curves.axis === "images" ? "time" : "images")],
    ["l", "logarithmic scale on all curves", () => toggleLogs(curves)],
    ["[", "the run before", () => neighbour(-1)],
    ["]", "the next run", () => neighbour(1)],
  ]);
  return () => {
    stopped = true;
    unlisten();
    sheets.destroy();
    curves.destroy();
    explorer?.destroy();
  };
}

function toggleLogs(curves) {
  const charts = [...curves.charts.values()];
  const next = !charts.every((chart) => chart.log);
  for (const chart of charts) {
    chart.logChosen = next;
    chart.set(chart.spec);
  }
}

function head(node, run) {
  const { number, name } = format.nameParts(run.id);
  const rate = run.latest?.images_per_s;
  const left = run.state === "running" && run.of && rate > 0 ? (run.of - run.images) / rate : null;
  const facts = [
    run.data && ["data", `${run.data.name}: ${format.count(run.data.images)} ${run.data.size === 1 ? "" : "images of "}${format.shape(run.data)}`],
    run.parameters && ["parameters", `${format.short(run.parameters[0])} generator, ${format.short(run.parameters[1])} discriminator`],
    run.seed !== null && ["seed", run.seed],
    run.device && ["device", run.device],
    run.latest && ["trained for", format.duration(run.latest.time_s)],
    rate && ["speed", `${format.short(rate)} images/s`],
    left !== null && ["left", `about ${format.duration(left)}`],
    run.started_unix_s && ["started", report ? format.date(run.started_unix_s) : format.ago(run.started_unix_s)],
    ...run.metrics.map((line) => { const of = format.metric(line); return [of.name, of.value + of.spread]; }),
  ].filter(Boolean);
  put(
    node,
    wayBack(run.id, folder.studies),
    h("h1", {}, number && h("span", { class: "number" }, number), " ", name),
    h("p", { class: "status" }, stateChip(run), progress(run)),
    (run.state === "diverged" || run.state === "halted") && h("p", { class: "outcome" }, sentence(run.outcome)),
    run.state === "silent" && h("p", { class: "outcome" }, "Nobody trains this run any more. ", h("code", {}, `steadygan resume ${placeOf(run.id)}`), " goes on from its last checkpoint."),
    h("dl", { class: "factlist" }, facts.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, value)))),
  );
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

// The runs whose curves are shown, with links that remove one and a menu that adds one.
function overlaid(node, ids) {
  const without = (id) => ids.filter((one) => one !== id);
  const chip = (id, at) => {
    const rest = without(id);
    const { number, name } = format.nameParts(id);
    return ids.length > 1 && h("span", { class: "chip" }, swatch(runColour(at)), at === 0 ? `${Number(number) || ""} ${name}` : h("a", { href: runLink(id, rest) }, `${Number(number) || ""} ${name}`),
      at > 0 && h("a", { class: "remove", href: runLink(rest[0], rest.slice(1)), "aria-label": `Remove ${id}` }, "×"));
  };
  const candidates = [...runs.keys()].filter((id) => !ids.includes(id)).sort().reverse();
  const select = h("select", { "aria-label": "Overlay another run", onchange: () => { location.hash = runLink(ids[0], [...ids.slice(1), select.value]); } },
    h("option", { value: "" }, "Overlay a run…"), candidates.map((id) => h("option", { value: id }, id)));
  put(node, ids.map(chip), candidates.length > 0 && ids.length <= MAX_OVERLAID && select);
}
