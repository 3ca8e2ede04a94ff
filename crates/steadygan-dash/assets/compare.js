// Up to six runs side by side: how each went, sheets after the same images, curves over each other, findings, and what
// differs in their plans.

import { Curves, runColour, shortName } from "./curves.js";
import { h, noteList, put, redraw, runLink, swatch, table } from "./dom.js";
import { gathered, spanInWords, words } from "./findings.js";
import * as format from "./format.js";
import { setPageKeys } from "./keys.js";
import { MAX_COMPARED, progress, stateChip, thumbnail } from "./list.js";
import { listen, runs } from "./live.js";
import { differing } from "./recipe.js";
import { severityChip, severityRank } from "./severity.js";
import { get, wayBack } from "./source.js";
import { Wall } from "./wall.js";

export function comparePage(page, { ids: wanted }) {
  const ids = [...new Set(wanted)].slice(0, MAX_COMPARED);
  const nodes = Object.fromEntries(["notes", "heads", "found", "differ"].map((name) => [name, h("div", { class: name })]));
  const wall = new Wall();
  const curves = new Curves(ids, { pick: (images) => wall.goToImages(images) });
  const title = ids.length === 1 ? "One run" : `${ids.length} runs side by side`;
  const section = (label, ...inner) => h("section", { "aria-label": label }, h("h2", {}, label), ...inner);
  put(
    page, wayBack("compare"), h("h1", {}, title), nodes.notes, nodes.heads,
    section("Sheets", wall.node),
    h("section", { "aria-label": "Curves" }, h("div", { class: "headline" }, h("h2", {}, "Curves"), curves.tools), curves.notes, curves.grid, curves.more),
    section("Findings", nodes.found),
    section("What differs", nodes.differ),
  );
  put(nodes.heads, h("p", { class: "empty", role: "status" }, "Reading runs…"));
  document.title = `${title} · SteadyGAN`;

  // The runs that are there or were, by id: their details, with their summaries.
  const known = new Map();
  let stopped = false;

  async function read(changed = null) {
    const stale = ids.filter((id) => !changed || changed.has(id) || !known.has(id));
    const details = await Promise.all(stale.map((id) => get("/api/run", { run: id }).catch(() => null)));
    if (stopped) return;
    stale.forEach((id, at) => {
      const summary = runs.get(id) ?? known.get(id)?.summary;
      if (details[at] && summary) known.set(id, { ...details[at], id, summary });
    });
    draw();
    await curves.load(stale.filter((id) => runs.has(id)));
  }

  function draw() {
    const shown = ids.map((id) => known.get(id)).filter(Boolean);
    const missing = ids.filter((id) => !runs.has(id)).map((id) => `There is no run ${id} in this folder${known.has(id) ? " any more: what is shown is what was last read" : ""}.`);
    const tooMany = wanted.length > ids.length && `${MAX_COMPARED} runs fit side by side: the others are left out.`;
    put(nodes.notes, noteList([...missing, tooMany, ids.length === 0 && "No run is chosen: select some in the list of runs."].filter(Boolean)));
    redraw(nodes.heads, shown.map(({ summary }) => summary), (node) => put(node, cards(shown, ids)));
    redraw(nodes.differ, shown.map(({ plan }) => plan), (node) => put(node, shown.length > 1 ? differing(shown, ids) : h("p", { class: "empty" }, "It takes two runs to differ.")));
    redraw(nodes.found, shown.map(({ findings }) => findings), (node) => put(node, findingsTable(shown, ids)));
    const reals = shown.find(({ has_reals }) => has_reals);
    wall.set(shown.map(({ id, sheets, summary }) => ({ id, sheets, data: summary.data, label: runLabel(id, ids), says: null })), reals && { id: reals.id, data: reals.summary.data });
  }

  read();
  const unlisten = listen((changed) => ids.some((id) => changed.has(id)) && read(changed));
  setPageKeys([
    ["ArrowLeft", "the sheets before", () => wall.step(-1), "←"],
    ["ArrowRight", "the next sheets", () => wall.step(1), "→"],
    ["+", "zoom the curves in", () => curves.zoomBy(0.5, 0)],
    ["-", "zoom the curves out", () => curves.zoomBy(2, 0)],
    ["0", "show all of the curves", () => curves.zoom(null)],
    ["a", "images or time on the axis", () => curves.setAxis(curves.axis === "images" ? "time" : "images")],
  ]);
  return () => {
    stopped = true;
    unlisten();
    curves.destroy();
  };
}

// A run's name with the colour of its curves.
function runLabel(id, ids) {
  const { number, name } = format.nameParts(id);
  return [swatch(runColour(ids.indexOf(id))), `${number ? `${Number(number)} ` : ""}${name}`];
}

// How each run went, a card for each.
function cards(shown, ids) {
  const card = ({ id, summary }) => {
    const metrics = summary.metrics.map((line) => { const { name, value, spread } = format.metric(line); return [name, value + spread]; });
    const facts = [["seed", summary.seed], ["trained for", summary.latest && format.duration(summary.latest.time_s)], ...metrics].filter(([, value]) => value !== null && value !== undefined);
    const rest = ids.filter((other) => other !== id);
    return h("li", {}, thumbnail(summary), h("div", {}, h("p", {}, h("a", { href: runLink(id, rest) }, runLabel(id, ids))), stateChip(summary), progress(summary),
      h("dl", {}, facts.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, value))))));
  };
  return h("ul", { class: "cards" }, shown.map(card));
}

// A row for each finding and a column for each run, with when the run had it. Findings that are over count, too.
function findingsTable(shown, ids) {
  const found = shown.map(({ findings }) => gathered(findings));
  const names = [...new Set(found.flat().map(({ name }) => name))];
  if (names.length === 0) return h("p", { class: "empty" }, "Nothing looked unhealthy in these runs.");
  const worst = (name) => Math.min(...found.flat().filter((one) => one.name === name).map(({ severity }) => severityRank(severity)));
  names.sort((a, b) => worst(a) - worst(b) || a.localeCompare(b));
  const had = (of, name) => of.filter((one) => one.name === name).map(({ severity, from, to }) => h("p", {}, severityChip(severity, severity, true), " ", h("span", { class: "when" }, spanInWords(from, to))));
  const cell = (of, name) => { const all = had(of, name); return h("td", {}, all.length > 0 ? all : "–"); };
  return table({}, "Findings", h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "finding"), shown.map(({ id }) => h("th", { scope: "col" }, swatch(runColour(ids.indexOf(id))), shortName(id))))),
    h("tbody", {}, names.map((name) => h("tr", {}, h("th", { scope: "row" }, words(name)), found.map((of) => cell(of, name))))));
}
