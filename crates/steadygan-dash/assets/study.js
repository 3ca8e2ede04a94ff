// The page of a study: its results so far, the curves and sheets of its runs, its failures, and its record.

import { Curves } from "./curves.js";
import { h, noteList, put, redraw, runLink, table } from "./dom.js";
import { ratio, showResults } from "./effects.js";
import { gathered, showFindings } from "./findings.js";
import * as format from "./format.js";
import { progress, stateChip } from "./list.js";
import { folder, listen, runs } from "./live.js";
import { flat } from "./recipe.js";
import { get, wayBack } from "./source.js";
import { Wall } from "./wall.js";

// The most runs whose curves and sheets are drawn.
const MAX_DRAWN = 200;
// Points of each run's curves.
const POINTS = 200;
// Titles of the charts that come first, because they show how good the fakes are.
const FRONT = /^[kf]d-|^energy distance|^modes|^reverse|^diversity$/i;

export function studyPage(page, { id }) {
  const nodes = Object.fromEntries(["head", "notes", "results", "failures", "runs", "file"].map((name) => [name, h("div", { class: name })]));
  const wall = new Wall();
  const place = h("section", { "aria-label": "Curves" });
  put(page, nodes.head, nodes.notes, nodes.results, place, h("section", { "aria-label": "Sheets" }, h("h2", {}, "Sheets"), h("p", { class: "intro" }, "The first images of each run's sheet, all after the same number of images; a click shows the run."), wall.node),
    nodes.failures, h("section", { "aria-label": "Runs" }, nodes.runs), h("section", { "aria-label": "What the file says" }, nodes.file));
  document.title = `${id} · SteadyGAN`;

  let stopped = false;
  let study = { record: null, recommended: null };
  let curves = null;
  const details = new Map();
  const own = () => [...runs.values()].filter((run) => run.id.startsWith(`${id}/`)).sort((a, b) => a.id.localeCompare(b.id));

  // A run's { label, seed, last, best, failure }, where the last three come from the record; null for an unknown run.
  function resultOf(run) {
    const results = study.record?.results?.runs;
    const name = run.id.split("/").pop();
    const found = Array.isArray(results) ? results.find((one) => String(one?.folder ?? "").split("/").pop() === name) : null;
    const job = study.jobs?.[name];
    const [, row, seed] = /^row-(\d+)-seed-(\d+)$/.exec(job ?? "")?.map(Number) ?? [];
    if (found) return { ...found, label: rowName(study.record?.plan, found.row) };
    return job ? { seed, label: row === undefined ? job : rowName(study.record?.plan, row) } : null;
  }

  const hasFailed = (run) => Boolean(resultOf(run)?.last?.failed) || run.state === "diverged" || run.state === "halted";

  // There are too many runs for a colour each: the colour shows whether a run failed, and the mouse shows its name.
  function drawCurves(ids) {
    if (curves && String(curves.ids) === String(ids)) return;
    curves?.destroy();
    const colourOf = (of) => (hasFailed(runs.get(of) ?? {}) ? "severe" : "one");
    const look = { points: POINTS, isFront: (title) => FRONT.test(title), colourOf, kinds: [["one", "trained"], ["severe", "failed"]] };
    curves = new Curves(ids, { pick: (images) => wall.goToImages(images) }, look);
    put(place, h("div", { class: "headline" }, h("h2", {}, "Curves"), curves.tools), curves.notes, curves.grid, curves.more);
    curves.load();
  }

  async function read(changed) {
    const drawn = own().slice(0, MAX_DRAWN);
    const wanted = drawn.filter((run) => !changed || changed.has(run.id) || !details.has(run.id));
    const requests = [get("/api/study", { study: id }).catch(() => null), ...wanted.map((run) => get("/api/run", { run: run.id }).catch(() => null))];
    const [answer, ...read] = await Promise.all(requests);
    if (stopped) return;
    study = answer ?? study;
    wanted.forEach((run, at) => read[at] && details.set(run.id, read[at]));
    draw(answer !== null);
    drawCurves(drawn.map((run) => run.id));
    if (changed) curves.load(wanted.map((run) => run.id));
  }

  function draw(isThere) {
    const all = own();
    const shown = all.map((run) => ({ run, result: resultOf(run) }));
    showHead(nodes.head, id, study.record, all);
    const notes = [
      !isThere && `There is no study ${id} in this folder (any more).`,
      isThere && study.record === null && "study.json cannot be read.",
      all.length > MAX_DRAWN && `Curves and sheets are those of the first ${MAX_DRAWN} of ${all.length} runs.`,
    ].filter(Boolean);
    put(nodes.notes, noteList(notes));
    redraw(nodes.results, study, (node) => showResults(node, id, study));
    const failed = shown.filter(({ run }) => hasFailed(run)).map((one) => ({ ...one, findings: details.get(one.run.id)?.findings ?? [] }));
    redraw(nodes.failures, failed.map(({ run, result, findings }) => [run.id, run.outcome, result, findings]), (node) => showFailures(node, failed));
    redraw(nodes.runs, shown, (node) => showRuns(node, shown));
    redraw(nodes.file, study.record, (node) => showFile(node, study.record));
    wall.set(shown.filter(({ run }) => details.has(run.id)).map(({ run, result }) => ({
      id: run.id, sheets: details.get(run.id).sheets,
      label: result ? inWords(result) : format.nameParts(run.id).name,
      says: hasFailed(run) ? result?.failure ?? run.outcome ?? "failed" : null,
    })));
  }

  read(null);
  const unlisten = listen((changed) => {
    const isOurs = [...changed].some((one) => one.startsWith(`${id}/`));
    if (isOurs || changed.size === 0) read(changed);
  });
  return () => {
    stopped = true;
    unlisten();
    curves?.destroy();
  };
}

const inWords = ({ label, seed }) => (seed === undefined ? label : `${label}, seed ${seed}`);

// A row's factors in words: which switches are on or which are off, whichever is shorter, and values that are not the
// base's.
function rowName(plan, row) {
  const levels = plan?.rows?.[row];
  const factors = Array.isArray(plan?.factors) ? plan.factors : [];
  const control = Array.isArray(plan?.controls) ? plan.controls.find((one) => one?.row === row) : null;
  if (control) return String(control.name);
  if (!Array.isArray(levels)) return `row ${row}`;
  const all = factors.map((factor, at) => ({ ...factor, level: levels[at] }));
  const switches = all.filter(({ on, off }) => on !== off);
  const [on, off] = [switches.filter(({ level, on }) => level === on), switches.filter(({ level, off }) => level === off)];
  const values = all.filter(({ level, on, off }) => level !== on && level !== off).map(({ name, levels, level }) => `${name} = ${JSON.stringify(levels?.[level])}`);
  const names = (of) => of.map(({ name }) => name).join(", ");
  const words = off.length === 0 ? "all on" : on.length === 0 ? "all off" : off.length <= on.length ? `without ${names(off)}` : `only ${names(on)}`;
  return [switches.length > 0 && words, ...values].filter(Boolean).join(", ") || "base";
}

function showHead(node, id, record, all) {
  const { plan, results } = record ?? {};
  const planned = Array.isArray(plan?.rows) && Array.isArray(plan?.seeds) && !plan.rungs ? plan.rows.length * plan.seeds.length : null;
  const ended = all.filter((run) => run.state !== "running").length;
  const { failed, runs: of, rate } = results?.failures ?? {};
  const facts = [
    plan?.design && ["design", String(plan.design)],
    ["runs", planned ? `${Math.min(ended, planned)} of ${planned} ended` : `${ended} of ${all.length} ended`],
    planned && ended > planned && ["on fresh seeds", ended - planned],
    Array.isArray(plan?.factors) && ["factors", plan.factors.length],
    Array.isArray(plan?.seeds) && ["seeds", plan.seeds.join(", ")],
    Number.isFinite(plan?.images) && ["images in each", format.count(plan.images)],
    plan?.distance && ["distance", String(plan.distance)],
    Number.isFinite(of) && ["failed", `${failed} of ${of}${Array.isArray(rate) ? ` (rate ${rate.map(format.number).join(" to ")})` : ""}`],
    Number.isFinite(plan?.detectable) && ["detectable, as supposed before the first run", `× ${ratio(-plan.detectable)}`],
    Number.isFinite(results?.detectable) && ["detectable, by its own noise", `× ${ratio(-results.detectable)}`],
  ].filter(Boolean);
  put(node, wayBack(id), h("h1", {}, id),
    h("dl", { class: "factlist" }, facts.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, value)))),
    plan?.estimates && h("p", { class: "outcome" }, `It tells ${plan.estimates}.`, plan.aliases !== "none" && ` Aliases: ${plan.aliases}.`));
}

// The runs that failed, with the kind of failure and their findings.
function showFailures(node, failed) {
  if (failed.length === 0) return put(node);
  const one = ({ run, result, findings }) => {
    const found = h("div");
    showFindings(found, gathered(findings), null);
    found.querySelector("h2")?.remove();
    return h("details", {}, h("summary", {}, h("a", { href: runLink(run.id) }, format.nameParts(run.id).number || run.id), ` ${result ? `${inWords(result)}: ` : ""}${result?.failure ?? run.outcome ?? run.state}`),
      findings.length > 0 ? found : h("p", { class: "empty" }, "Nothing looked unhealthy before."));
  };
  put(node, h("section", { "aria-label": "Failures" }, h("h2", {}, "Failed runs ", h("small", { class: "counted" }, failed.length)), failed.map(one)));
}

function showRuns(node, shown) {
  const score = (of) => (Number.isFinite(of?.log_distance) ? ratio(of.log_distance) : "");
  const row = ({ run, result }) => {
    const { number, name } = format.nameParts(run.id);
    return h("tr", {}, h("th", { scope: "row" }, h("a", { href: runLink(run.id) }, `${number} ${name}`)), h("td", {}, result?.label ?? ""), h("td", {}, result?.seed ?? run.seed ?? ""),
      h("td", {}, stateChip(run)), h("td", {}, progress(run)), h("td", { class: "number" }, score(result?.last)), h("td", { class: "number" }, score(result?.best)), h("td", {}, result?.failure ?? ""));
  };
  const heads = ["run", "what it has", "seed", "state", "", "distance", "best", ""];
  put(node, h("h2", {}, "Runs"), table({}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, shown.map(row))));
}

function showFile(node, record) {
  if (record === null) return put(node);
  const row = ([key, value]) => h("tr", {}, h("th", { scope: "row" }, key), h("td", {}, value));
  const rows = h("div");
  const fill = (event) => event.target.open && !rows.firstChild && put(rows, table({}, h("tbody", {}, [...flat(record)].map(row))));
  put(node, h("details", { open: !record.results, ontoggle: fill }, h("summary", {}, "What study.json says"), rows));
}
