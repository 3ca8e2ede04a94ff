// The list of runs.

import { compareLink, h, noteList, put, redraw, runLink, svg } from "./dom.js";
import * as format from "./format.js";
import { widthOf } from "./geometry.js";
import { setPageKeys } from "./keys.js";
import { folder, listen, runs } from "./live.js";
import { severityChip, severityRank } from "./severity.js";
import { pictureAddress, studyLink } from "./source.js";

const ORDERS = {
  newest: (a, b) => (b.started_unix_s ?? 0) - (a.started_unix_s ?? 0) || b.id.localeCompare(a.id),
  oldest: (a, b) => -ORDERS.newest(a, b),
  name: (a, b) => format.nameParts(a.id).name.localeCompare(format.nameParts(b.id).name) || a.id.localeCompare(b.id),
  "lowest metric": (a, b) => lowest(a) - lowest(b) || ORDERS.newest(a, b),
};
const THUMBNAIL_COLUMNS = 3;
export const MAX_COMPARED = 6;

const lowest = (run) => Math.min(...run.metrics.map((line) => line.value).filter(Number.isFinite), Infinity);

// The reader's choices, which stay while other pages are shown.
const chosen = { words: "", order: "newest", overlaid: new Set(), withStudies: false };

export function listPage(page) {
  const rows = new Map();
  const list = h("ol", { class: "runs" });
  const counted = h("p", { class: "counted", role: "status" });
  const notes = h("div");
  const studies = h("div");
  const bar = h("div", { class: "selection", hidden: true });
  const filter = h("input", {
    type: "search", placeholder: "Filter", "aria-label": "Filter runs", value: chosen.words,
    oninput: () => { chosen.words = filter.value; draw(); },
    onkeydown: (event) => { if (event.key === "Escape") filter.blur(); },
  });
  const order = h(
    "select", { "aria-label": "Order", onchange: () => { chosen.order = order.value; draw(); } },
    Object.keys(ORDERS).map((name) => h("option", { selected: name === chosen.order }, name)),
  );
  const withStudies = h("input", { type: "checkbox", checked: chosen.withStudies, onchange: () => { chosen.withStudies = withStudies.checked; draw(); } });
  const studyCount = h("span");
  const studyRuns = h("label", { class: "counted", hidden: true }, withStudies, studyCount);
  put(
    page,
    h("div", { class: "headline" }, h("h1", {}, "Runs"), counted, studyRuns, h("div", { class: "tools" }, filter, order)),
    notes, studies, list, bar,
  );

  // The runs of studies, which may be many, are listed if the reader wants it or if there are no others.
  const ofStudy = (run) => folder.studies.some((study) => run.id.startsWith(`${study.id}/`));
  const isFolded = () => !chosen.withStudies && [...runs.values()].some((run) => !ofStudy(run));
  const listed = () => [...runs.values()].filter((run) => !isFolded() || !ofStudy(run));
  const shown = () => {
    const words = chosen.words.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (run) => `${run.id} ${format.state(run.state)} ${run.data?.name ?? ""} ${Object.keys(run.findings).join(" ")}`.toLowerCase();
    return listed().filter((run) => words.every((word) => text(run).includes(word))).sort(ORDERS[chosen.order]);
  };

  function draw(changed = null) {
    const visible = shown();
    for (const run of visible) {
      if (!rows.has(run.id) || rows.get(run.id).run !== run) {
        const had = rows.get(run.id)?.node;
        const focused = had?.contains(document.activeElement);
        const node = row(run, toggle);
        rows.set(run.id, { run, node });
        had?.replaceWith(node);
        if (focused) node.querySelector("a").focus();
      }
    }
    const nodes = visible.map((run) => rows.get(run.id).node);
    if (nodes.length !== list.children.length || nodes.some((node, at) => list.children[at] !== node)) {
      const active = document.activeElement;
      put(list, nodes);
      if (list.contains(active)) active.focus();
    }
    const [all, inStudies] = [listed().length, [...runs.values()].filter(ofStudy).length];
    counted.textContent = visible.length < all ? `${visible.length} of ${all}` : `${all}`;
    studyRuns.hidden = inStudies === 0 || inStudies === runs.size;
    studyCount.textContent = `also the ${inStudies} of studies`;
    redraw(notes, folder.notes, (node) => put(node, noteList(folder.notes)));
    redraw(studies, folder.studies, (node) => put(node, folder.studies.length > 0 && studyLinks()));
    if (runs.size === 0) {
      put(list, h("li", { class: "empty" }, "No runs yet. ", h("code", {}, "steadygan train"), " starts one, and it will appear here."));
    } else if (visible.length === 0) {
      put(list, h("li", { class: "empty" }, `No run has all of “${chosen.words}” in its name, state, data or findings. `, h("button", { type: "button", class: "link", onclick: () => { filter.value = chosen.words = ""; draw(); } }, "Show all")));
    }
    if (changed === null || [...chosen.overlaid].some((id) => !runs.has(id))) drawSelection();
  }

  function toggle(id) {
    if (!chosen.overlaid.delete(id)) chosen.overlaid.add(id);
    const box = rows.get(id)?.node.querySelector("input");
    if (box) box.checked = chosen.overlaid.has(id);
    drawSelection();
  }

  function drawSelection() {
    const ids = [...chosen.overlaid].filter((id) => runs.has(id));
    bar.hidden = ids.length === 0;
    const clear = () => { [...chosen.overlaid].forEach(toggle); };
    const over = ids.length > MAX_COMPARED && `, the first ${MAX_COMPARED} of which are compared`;
    put(
      bar,
      h("span", { role: "status" }, ids.length === 1 ? "1 run selected" : `${ids.length} runs selected`, over),
      ids.length > 1 && h("a", { class: "button", href: compareLink(ids.slice(0, MAX_COMPARED)) }, "Compare"),
      ids.length > 0 && h("a", { class: ids.length > 1 ? "overlay" : "button", href: runLink(ids[0], ids.slice(1)) }, ids.length > 1 ? "Overlay curves" : "Open"),
      h("button", { type: "button", class: "quiet", onclick: clear }, "Clear"),
    );
  }

  const links = () => [...list.querySelectorAll("a.name")];
  const step = (by) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))]?.focus();
  };
  const ofFocused = () => document.activeElement.closest?.("li[data-id]")?.dataset.id;
  const selected = () => [...chosen.overlaid].filter((id) => runs.has(id));
  const overlay = () => {
    const ids = selected();
    if (ids.length) location.hash = runLink(ids[0], ids.slice(1));
  };
  const compare = () => {
    const ids = selected().slice(0, MAX_COMPARED);
    if (ids.length > 1) location.hash = compareLink(ids);
  };
  setPageKeys([
    ["j", "next run", () => step(1), "j or ↓"],
    ["k", "previous run", () => step(-1), "k or ↑"],
    ["x", "select a run", () => ofFocused() && toggle(ofFocused())],
    ["c", "compare the selected runs", compare],
    ["o", "overlay the selected runs' curves", overlay],
    ["/", "filter", () => filter.focus()],
  ]);
  const arrows = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && document.activeElement.matches("a.name")) { event.preventDefault(); step(by); }
  };
  list.addEventListener("keydown", arrows);
  document.title = "Runs · SteadyGAN";
  draw();
  return listen(draw);
}

function studyLinks() {
  const verdicts = ({ helps, hurts, unresolved }) => helps + hurts + unresolved > 0 && [`${helps} help`, `${hurts} hurt`, unresolved > 0 && `${unresolved} unresolved`];
  const says = (study) => [study.design, study.planned !== null && `${study.judged} of ${study.planned} runs judged`, study.failed > 0 && `${study.failed} failed`, verdicts(study)];
  const link = (study) => h("li", {}, h("a", { href: studyLink(study.id) }, study.id), h("span", { class: "facts" }, says(study).flat().filter(Boolean).join(" · ")));
  return h("section", { class: "studies" }, h("h2", {}, "Studies"), h("ul", {}, folder.studies.map(link)));
}

function row(run, toggle) {
  const { above, number, name } = format.nameParts(run.id);
  const box = h("input", {
    type: "checkbox", "aria-label": `Select ${run.id}`, onchange: () => toggle(run.id), checked: chosen.overlaid.has(run.id),
  });
  const facts = [
    above, run.data && `${run.data.name}, ${format.shape(run.data)}`, run.seed !== null && `seed ${run.seed}`,
    run.started_unix_s && format.ago(run.started_unix_s),
  ].filter(Boolean);
  return h(
    "li", { class: "run", "data-id": run.id },
    h("label", { class: "pick" }, box),
    thumbnail(run),
    h(
      "div", { class: "what" },
      h("a", { class: "name", href: runLink(run.id) }, number && h("span", { class: "number" }, number), " ", name),
      h("p", { class: "facts" }, facts.join(" · ")),
      run.notes.map((note) => h("p", { class: "trouble" }, note)),
    ),
    h("div", { class: "how" }, stateChip(run), progress(run)),
    h("div", { class: "trend" }, trend(run.trend)),
    h("div", { class: "quality" }, run.metrics.slice(0, 2).map(measured), findingChips(run.findings)),
  );
}

// The first nine images of the latest sheet, or the whole sheet if it has fewer columns or is a plot of points.
export function thumbnail(run) {
  const box = h("span", { class: "thumb" });
  if (run.picture === null) return box;
  const image = h("img", { alt: "", loading: "lazy", decoding: "async", src: pictureAddress({ run: run.id, of: "fakes", images: run.picture }) });
  image.addEventListener("load", () => {
    const shown = run.data?.size > 1 ? widthOf(run.data, THUMBNAIL_COLUMNS) : image.naturalWidth;
    image.style.width = `${(100 * image.naturalWidth) / Math.min(shown, image.naturalWidth)}%`;
  });
  return put(box, image);
}

export function stateChip(run) {
  const title = run.state === "silent" ? "its trainer is gone: `steadygan resume` goes on" : run.outcome ?? "";
  return h("span", { class: `state ${run.state}`, title }, format.state(run.state));
}

export function progress(run) {
  const share = run.of ? Math.min(1, run.images / run.of) : run.images ? 1 : 0;
  const bar = h("span", { class: "bar" }, h("span", {}));
  bar.firstChild.style.width = `${100 * share}%`;
  const text = run.of && run.images < run.of ? `${format.short(run.images)} of ${format.short(run.of)} images` : `${format.short(run.images)} images`;
  return h("span", { class: "progress" }, h("span", { class: "images" }, text), bar);
}

function measured(line) {
  const { name, value, spread, floor } = format.metric(line);
  return h(
    "p", { class: "metric", title: floor === null ? name : `${name}; the floor, reals against reals, is ${format.number(floor)}` },
    h("b", {}, value), h("small", {}, spread), h("span", {}, name),
  );
}

// The worst first, then by name.
export function findingChips(findings) {
  const order = Object.entries(findings).sort(([a, one], [b, other]) => severityRank(one) - severityRank(other) || a.localeCompare(b));
  return h("p", { class: "chips" }, order.map(([name, severity]) => severityChip(severity, name)));
}

// Both losses at a glance.
function trend({ loss_d, loss_g }) {
  const [width, height] = [132, 36];
  const finite = [...loss_d, ...loss_g].filter(Number.isFinite);
  if (finite.length < 4) return null;
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const line = (values, kind) => {
    const at = (value, index) => `${((index / (values.length - 1)) * width).toFixed(1)},${(height - 2 - ((value - low) / (high - low || 1)) * (height - 4)).toFixed(1)}`;
    const points = values.map((value, index) => (Number.isFinite(value) ? at(value, index) : null)).filter(Boolean);
    return svg("polyline", { class: kind, points: points.join(" ") });
  };
  return svg(
    "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Losses through the run" },
    line(loss_d, "d"), line(loss_g, "g"),
  );
}
