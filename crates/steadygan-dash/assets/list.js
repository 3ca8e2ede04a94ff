// The list of runs.

import { h, noteList, put, redraw, runLink, svg } from "./dom.js";
import * as format from "./format.js";
import { setPageKeys } from "./keys.js";
import { folder, listen, runs } from "./live.js";
import { pictureAddress, studyLink } from "./source.js";

const ORDERS = {
  newest: (a, b) => (b.started_unix_s ?? 0) - (a.started_unix_s ?? 0) || b.id.localeCompare(a.id),
  oldest: (a, b) => -ORDERS.newest(a, b),
  name: (a, b) => format.nameParts(a.id).name.localeCompare(format.nameParts(b.id).name) || a.id.localeCompare(b.id),
  "lowest metric": (a, b) => lowest(a) - lowest(b) || ORDERS.newest(a, b),
};
const lowest = (run) => Math.min(...run.metrics.map((line) => line.value).filter(Number.isFinite), Infinity);

// The reader's choices, which stay while other pages are shown.
const chosen = { words: "", order: "newest", overlaid: new Set() };

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
  put(
    page,
    h("div", { class: "headline" }, h("h1", {}, "Runs"), counted, h("div", { class: "tools" }, filter, order)),
    notes, studies, list, bar,
  );

  const shown = () => {
    const words = chosen.words.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (run) => `${run.id} ${format.state(run.state)} ${run.data?.name ?? ""} ${Object.keys(run.findings).join(" ")}`.toLowerCase();
    return [...runs.values()].filter((run) => words.every((word) => text(run).includes(word))).sort(ORDERS[chosen.order]);
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
    const hidden = runs.size - visible.length;
    counted.textContent = hidden ? `${visible.length} of ${runs.size}` : `${runs.size}`;
    redraw(notes, folder.notes, (node) => put(node, noteList(folder.notes)));
    redraw(studies, folder.studies, (node) => put(node, folder.studies.length > 0 && studyLinks()));
    if (runs.size === 0) {
      put(list, h("li", { class: "empty" }, "No runs yet. ", h("code", {}, "steadygan train"), " starts one, and it will appear here."));
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
    put(
      bar,
      h("span", {}, ids.length === 1 ? "1 run selected" : `${ids.length} runs selected`),
      ids.length > 0 && h("a", { class: "button", href: runLink(ids[0], ids.slice(1)) }, ids.length > 1 ? "Overlay their curves" : "Open"),
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
  const overlay = () => {
    const ids = [...chosen.overlaid].filter((id) => runs.has(id));
    if (ids.length) location.hash = runLink(ids[0], ids.slice(1));
  };
  setPageKeys([
    ["j", "next run", () => step(1), "j or ↓"],
    ["k", "previous run", () => step(-1), "k or ↑"],
    ["x", "select a run", () => ofFocused() && toggle(ofFocused())],
    ["o", "overlay the selected runs", overlay],
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
  const verdicts = ({ helps, hurts, unresolved }) => helps + hurts + unresolved > 0 && [`${helps} help`, `${hurts} hurt`, unresolved > 0 && `${unresolved} cannot be told yet`];
  const says = (study) => [study.design, study.planned !== null && `${study.judged} of ${study.planned} runs judged`, study.failed > 0 && `${study.failed} failed`, verdicts(study)];
  const link = (study) => h("li", {}, h("a", { href: studyLink(study.id) }, study.id), h("span", { class: "facts" }, says(study).flat().filter(Boolean).join(" · ")));
  return h("section", { class: "studies" }, h("h2", {}, "Studies"), h("ul", {}, folder.studies.map(link)));
}

function row(run, toggle) {
  const { above, number, name } = format.nameParts(run.id);
  const picture = run.picture === null
    ? h("span", { class: "thumb" })
    : h("img", {
      class: "thumb", alt: "", loading: "lazy", decoding: "async",
      src: pictureAddress({ run: run.id, of: "fakes", images: run.picture }),
    });
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
    picture,
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

function findingChips(findings) {
  return h("p", { class: "chips" }, Object.entries(findings).map(([name, severity]) => h("span", { class: `finding ${severityClass(severity)}` }, name)));
}

export const severityClass = (word) => (["severe", "warning", "note", "over"].includes(word) ? word : "note");

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
