// The curves of one run or of several runs over each other.

import { CHARTS } from "./catalogue.js";
import { Chart, colour } from "./charts.js";
import { h, noteList, put } from "./dom.js";
import * as format from "./format.js";
import { get } from "./source.js";

const POINTS = 1000;
const RUN_COLOURS = 8;
const DASH = [5, 4];

const NO_CURVES = ["time_s"];
// The keys of metrics.jsonl without a chart, because they describe another value.
const NO_METRICS = ["samples", "fakes", "reals", "deviation", "floor_deviation", "floor", "of"];

export const runColour = (at) => colour(`run-${at % RUN_COLOURS}`);

// The curves of the runs `ids`, which `load` reads and draws; `marks` are the findings.
// `callbacks.pick(images)` is called when a point is chosen.
// `look` is for too many runs for a colour each: { points, isFront(title), colourOf(id), kinds: [[colour, label]] }.
export class Curves {
  constructor(ids, callbacks, look = null) {
    this.callbacks = callbacks;
    this.look = look;
    this.points = look?.points ?? POINTS;
    this.ids = ids;
    // The runs whose curves have to be read (again).
    this.stale = new Set();
    this.marks = [];
    this.charts = new Map();
    this.whole = new Map();
    this.drawn = new Map();
    this.axis = "images";
    this.span = null;
    this.at = null;
    this.grid = h("div", { class: "charts" });
    this.rest = h("div", { class: "charts" });
    this.more = h("details", { class: "more", ontoggle: () => this.catchUp() }, h("summary", {}, look ? "Other curves" : "What findings are judged by"), this.rest);
    this.notes = h("div");
    const choice = (axis, text) => h("button", { type: "button", "aria-pressed": String(axis === this.axis), onclick: () => this.setAxis(axis) }, text);
    this.choices = { images: choice("images", "Images"), time: choice("time", "Time") };
    this.whole_button = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.zoom(null), title: "Show all (0)" }, "Show all");
    this.tools = h("div", { class: "tools" }, this.whole_button, h("div", { class: "segments", role: "group", "aria-label": "Axis" }, this.choices.images, this.choices.time));
    this.onTheme = () => this.draw();
    window.addEventListener("themechange", this.onTheme);
  }

  // Reads the curves of these runs again, and the curves of runs whose earlier reading was cancelled.
  async load(ids = this.ids) {
    for (const id of ids) this.stale.add(id);
    this.loading?.abort();
    this.loading = new AbortController();
    const { signal } = this.loading;
    await Promise.all([...this.stale].map((id) => this.loadRun(id, signal)));
    if (!signal.aborted) this.draw();
  }

  async loadRun(id, signal) {
    try {
      if (!this.span || !this.whole.has(id)) this.whole.set(id, await get("/api/curves", { run: id, points: this.points }, signal));
      const [from, to] = this.imagesOf(id);
      const part = this.span ? await get("/api/curves", { run: id, points: this.points, from, to }, signal) : this.whole.get(id);
      if (signal.aborted) return;
      this.drawn.set(id, part);
      this.stale.delete(id);
    } catch (error) {
      if (error.name === "AbortError") return;
      const nothing = { stats: [], metrics: [], notes: [`the curves of ${id} cannot be read: ${error.message}`] };
      this.drawn.set(id, nothing);
      this.whole.set(id, nothing);
    }
  }

  // The zoomed span of a run in images, with one line more at each end.
  imagesOf(id) {
    if (!this.span) return [0, undefined];
    const images = this.axis === "images" ? this.span : this.span.map((time) => along(this.clock(id), time, 1, 0));
    const table = this.whole.get(id)?.stats[0]?.images ?? [];
    const step = table.length > 1 ? (table.at(-1) - table[0]) / (table.length - 1) : 0;
    return [Math.max(0, Math.floor(images[0] - step)), Math.ceil(images[1] + step)];
  }

  // Two columns through a run: [images, seconds].
  clock(id) {
    const table = this.whole.get(id)?.stats[0];
    const times = table ? table.columns[table.keys.indexOf("time_s")] : null;
    return times ? [[0, ...table.images], [0, ...times]] : [[], []];
  }

  // Where images lie on the axis.
  place(id, images) {
    return this.places(id, [images])[0];
  }

  places(id, images) {
    if (this.axis === "images") return images;
    const clock = this.clock(id);
    return images.map((value) => along(clock, value, 0, 1));
  }

  setAxis(axis) {
    if (axis === this.axis) return;
    this.axis = axis;
    this.span = null;
    for (const [name, button] of Object.entries(this.choices)) button.setAttribute("aria-pressed", String(name === axis));
    this.load();
  }

  zoom(span) {
    this.span = span;
    this.load();
  }

  // Makes the span `factor` times as wide, and moves it by `move` times its width before.
  zoomBy(factor, move) {
    const [low, high] = this.full();
    const [from, to] = this.span ?? [low, high];
    const half = Math.min(((to - from) / 2) * factor, (high - low) / 2);
    const middle = Math.max(low + half, Math.min(high - half, (from + to) / 2 + move * (to - from)));
    this.zoom(half >= (high - low) / 2 ? null : [middle - half, middle + half]);
  }

  full() {
    const places = this.ids.flatMap((id) => {
      const { stats = [], metrics = [] } = this.whole.get(id) ?? {};
      const ends = [...stats, ...metrics].flatMap((table) => [table.images[0], table.images.at(-1)]);
      return ends.filter(Number.isFinite).map((images) => this.place(id, images));
    });
    return places.length ? [0, Math.max(...places, 1e-9)] : [0, 1];
  }

  // Moves the line at the sheet that is shown.
  moveTo(images) {
    this.at = images;
    const at = images === null ? null : this.place(this.ids[0], images);
    for (const chart of this.charts.values()) chart.moveTo(at);
  }

  // Draws the charts that were hidden and have become visible.
  catchUp() {
    for (const chart of this.charts.values()) chart.catchUp();
  }

  draw() {
    const specs = this.specs();
    for (const [title, chart] of this.charts) {
      if (!specs.some((spec) => spec.title === title)) {
        chart.destroy();
        this.charts.delete(title);
      }
    }
    const callbacks = { zoom: (span) => this.zoom(span), pick: (x) => this.callbacks.pick(this.axis === "images" ? x : along(this.clock(this.ids[0]), x, 1, 0)) };
    for (const [place, isMore] of [[this.grid, false], [this.rest, true]]) {
      const nodes = specs.filter((spec) => Boolean(spec.more) === isMore).map((spec) => {
        if (!this.charts.has(spec.title)) this.charts.set(spec.title, new Chart(callbacks));
        return this.charts.get(spec.title).node;
      });
      if (nodes.length !== place.children.length || nodes.some((node, at) => place.children[at] !== node)) put(place, nodes);
    }
    this.more.hidden = this.rest.children.length === 0;
    specs.forEach((spec) => this.charts.get(spec.title).set(spec));
    this.whole_button.hidden = this.span === null;
    const notes = this.ids.flatMap((id) => (this.drawn.get(id)?.notes ?? []).map((note) => (this.ids.length > 1 ? `${id}: ${note}` : note)));
    const empty = specs.length === 0 && notes.length === 0;
    put(this.notes, empty && h("p", { class: "empty" }, "No numbers yet: the first line comes after the first thousand images or so."), noteList(notes));
  }

  // The charts that have data, in their order.
  specs() {
    const shared = {
      time: this.axis === "time", full: this.full(), span: this.span,
      marks: this.marks.map((mark) => ({ ...mark, from: this.place(this.ids[0], mark.from), to: mark.to === null ? null : this.place(this.ids[0], mark.to) })),
      at: this.at === null ? null : this.place(this.ids[0], this.at),
    };
    const groups = [...this.metricGroups(), ...this.statsGroups()];
    return groups.map((group) => this.spec(group)).filter(Boolean).map((spec) => ({ ...spec, ...shared }));
  }

  tables(file) {
    return this.ids.flatMap((id) => (this.drawn.get(id)?.[file] ?? []).map((table) => ({ id, ...table, xs: this.places(id, table.images) })));
  }

  statsGroups() {
    const tables = this.tables("stats");
    const known = CHARTS.flatMap((group) => group.keys);
    const others = new Set(tables.flatMap((table) => table.keys).filter((key) => !known.includes(key) && !NO_CURVES.includes(key)));
    return [...CHARTS, ...[...others].map((key) => ({ title: sentence(format.named(key)), keys: [key] }))].map((group) => ({ ...group, tables }));
  }

  metricGroups() {
    const groups = new Map();
    for (const table of this.tables("metrics")) {
      for (const key of table.keys.filter((key) => !NO_METRICS.includes(key))) {
        const title = table.kind === null ? sentence(format.named(key)) : key === "value" ? table.kind : `${table.kind}: ${format.named(key)}`;
        if (!groups.has(title)) groups.set(title, { title, keys: [key], tables: [], beside: key === "value" ? "floor" : key === "modes" ? "of" : null });
        groups.get(title).tables.push(table);
      }
    }
    return [...groups.values()];
  }

  spec({ title, keys, tables, log = false, mayBeZero = false, beside = null, more = false }) {
    const { look } = this;
    const single = this.ids.length === 1;
    const paintOf = (id) => (look ? colour(look.colourOf(id)) : runColour(this.ids.indexOf(id)));
    // A key for which no run has values is ignored.
    const drawn = keys.filter((key) => tables.some((table) => table.columns[table.keys.indexOf(key)]?.some(Number.isFinite)));
    const parts = [];
    for (const table of tables) {
      const column = (key) => table.columns[table.keys.indexOf(key)];
      const { xs } = table;
      const at = this.ids.indexOf(table.id);
      drawn.forEach((key, nth) => {
        if (!column(key)) return;
        const paint = single ? colour(drawn.length > 1 ? ["d", "g", "run-2", "run-3"][nth] : "one") : paintOf(table.id);
        const name = drawn.length > 1 || !single ? format.named(key) : "";
        const label = single ? name : [shortName(table.id), drawn.length > 1 ? name : ""].filter(Boolean).join(" ");
        parts.push({ xs, ys: column(key), series: { label, colour: paint, dash: !single && nth > 0 ? DASH : undefined } });
        const spread = single && key === "value" ? column("deviation") : null;
        if (spread) {
          const edge = (sign) => ({ xs, ys: column(key).map((value, row) => (value === null ? null : value + sign * spread[row])), series: { label: "", colour: paint, hidden: true } });
          parts.push({ ...edge(1), series: { ...edge(1).series, band: `color-mix(in srgb, ${paint} 16%, transparent)` } }, edge(-1));
        }
      });
      if (beside && column(beside) && (single || at === 0)) {
        parts.push({ xs, ys: column(beside), series: { label: beside === "of" ? "there are" : "floor", colour: colour("muted"), dash: DASH, thin: true } });
      }
    }
    const some = parts.some((part) => part.ys.some((value) => Number.isFinite(value) && !(mayBeZero && value === 0)));
    if (!some) return null;
    const data = parts.length === 1 ? [parts[0].xs, parts[0].ys] : uPlot.join(parts.map((part) => [part.xs, part.ys]));
    const kinds = look && look.kinds.map(([paint, label]) => [colour(paint), label]);
    return { title, data, series: parts.map((part) => part.series), log, more: look ? !look.isFront(title) : more, kinds };
  }

  destroy() {
    this.loading?.abort();
    window.removeEventListener("themechange", this.onTheme);
    for (const chart of this.charts.values()) chart.destroy();
  }
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export function shortName(id) {
  const { number, name } = format.nameParts(id);
  return number ? String(Number(number)) : name;
}

// Maps `value` from the column `from` to the column `to`, by linear interpolation and, at the ends, extrapolation.
function along(columns, value, from, to) {
  const [xs, ys] = [columns[from], columns[to]];
  if (xs.length < 2) return value;
  let high = xs.findIndex((x) => x >= value);
  if (high < 0) high = xs.length - 1;
  if (high === 0) high = 1;
  const width = xs[high] - xs[high - 1];
  return width > 0 ? ys[high - 1] + ((value - xs[high - 1]) / width) * (ys[high] - ys[high - 1]) : ys[high];
}
