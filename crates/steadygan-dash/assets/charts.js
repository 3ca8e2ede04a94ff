// One chart: uPlot with the page's colours, marks of findings, a line at the sheet that is shown, and use by keyboard.

import { h, put, swatch } from "./dom.js";
import * as format from "./format.js";

const HEIGHT = 200;
const FEW_POINTS = 40;
const STRIPS = 6;
// The chart names the curve under the mouse if it is at most this many pixels away.
const NEAR = 24;

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// `spec`: { title, data, series: [{ label, colour, dash, band }], kinds, log, time, full, span, marks, at }.
// With many series, `kinds` is the legend, [[colour, label]], and the chart names the curve under the mouse.
// `callbacks`: { zoom(span or null), pick(x) }, called with places on the x axis.
export class Chart {
  constructor(callbacks) {
    this.callbacks = callbacks;
    this.values = [];
    this.title = h("h3");
    this.scale = h("button", {
      type: "button", class: "quiet small", "aria-pressed": "false", onclick: () => this.toggleLog(),
      title: "Logarithmic scale; what is not above zero is left out",
    }, "log");
    this.legend = h("div", { class: "legend" });
    this.readout = h("p", { class: "readout" });
    this.place = h("div", { class: "plot", tabindex: "0", role: "img", onkeydown: (event) => this.key(event) });
    this.node = h("figure", { class: "chart" }, h("figcaption", {}, h("div", {}, this.title, this.legend), this.scale), this.place, this.readout);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.place);
  }

  set(spec) {
    this.spec = spec;
    this.isBehind = true;
    this.catchUp();
  }

  // Draws the chart if it is out of date and visible. (A chart in closed details has a width but is not visible.)
  catchUp() {
    if (!this.isBehind || !this.place.checkVisibility()) return;
    this.isBehind = false;
    const looks = this.looks();
    if (looks === this.built) this.plot.setData(this.data());
    else this.build();
    this.built = looks;
    this.describe();
  }

  // Everything that requires a new plot when it changes; the rest is read at each drawing.
  looks() {
    const { series, kinds, title, time } = this.spec;
    return JSON.stringify([series, kinds, title, time, this.log, this.few, colour("ink"), colour("paper")]);
  }

  // The data as drawn: a logarithmic scale leaves out values that are not positive.
  data() {
    if (!this.log) return this.spec.data;
    return this.spec.data.map((column, at) => (at === 0 ? column : column.map((value) => (value > 0 ? value : value === undefined ? undefined : null))));
  }

  get log() {
    const wanted = this.logChosen ?? this.spec.log;
    return Boolean(wanted) && this.spec.data.slice(1).some((column) => column.some((value) => value > 0));
  }

  // Whether each point gets a mark.
  get few() {
    return this.spec.data[0].length <= FEW_POINTS;
  }

  toggleLog() {
    this.logChosen = !(this.logChosen ?? this.spec.log);
    this.set(this.spec);
  }

  build() {
    this.plot?.destroy();
    put(this.title, this.spec.title);
    this.scale.setAttribute("aria-pressed", String(this.log));
    this.values = this.spec.series.map(() => h("output"));
    const { kinds } = this.spec;
    if (kinds) put(this.legend, kinds.filter(([paint]) => this.spec.series.some((series) => series.colour === paint)).map(([paint, label]) => h("span", {}, swatch(paint), label)));
    else put(this.legend, this.spec.series.map((series, at) => !series.hidden && h("span", {}, swatch(series.colour, Boolean(series.dash)), series.label, " ", this.values[at])));
    this.plot = new uPlot(this.options(), this.data(), this.place);
    this.show(null);
  }

  options() {
    const { spec } = this;
    const axis = {
      stroke: colour("muted"), font: `11px ${getComputedStyle(document.body).fontFamily}`,
      grid: { stroke: colour("rule"), width: 1 }, ticks: { show: false }, gap: 6,
    };
    const line = (series) => ({
      label: series.label, stroke: series.colour, width: series.thin ? 1 : 1.6, dash: series.dash,
      points: { show: this.few && !series.thin && !series.hidden, size: 4, fill: series.colour }, show: true, ...(series.hidden ? { stroke: "transparent", width: 0 } : {}),
    });
    return {
      width: Math.max(200, this.place.clientWidth || 0), height: HEIGHT, padding: [10, 6, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: "curves", setSeries: false }, drag: { x: true, y: false, setScale: false }, points: { size: 7 },
        bind: { dblclick: () => () => { this.callbacks.zoom(null); return null; } },
        ...(spec.kinds ? { focus: { prox: NEAR } } : {}),
      },
      ...(spec.kinds ? { focus: { alpha: 0.2 } } : {}),
      select: { show: true },
      scales: {
        x: { time: false, range: () => this.spec.span ?? this.spec.full },
        y: { distr: this.log ? 3 : 1 },
      },
      axes: [
        { ...axis, size: 30, space: 70, values: (_, ticks) => ticks.map(spec.time ? format.clock : format.short) },
        { ...axis, size: 48, ...(this.log ? { splits: (plot, at, low, high) => decades(low, high) } : {}), values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : format.short(tick))) },
      ],
      series: [{}, ...spec.series.map(line)],
      bands: spec.series.flatMap((series, at) => (series.band ? [{ series: [at + 1, at + 2], fill: series.band }] : [])),
      hooks: {
        drawClear: [(plot) => this.drawFindings(plot)],
        draw: [(plot) => this.drawPlace(plot)],
        setSeries: [(_, at) => { this.under = at; }],
        setCursor: [(plot) => this.show(plot.cursor.idx ?? null)],
        setSelect: [(plot) => this.selected(plot)],
      },
    };
  }

  // A finding is a strip over the images during which it was seen, and a line where it began.
  drawFindings(plot) {
    const { ctx, bbox } = plot;
    const pixel = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    this.spec.marks.forEach((mark, row) => {
      const from = plot.valToPos(mark.from, "x", true);
      const to = mark.to === null ? bbox.left + bbox.width : plot.valToPos(mark.to, "x", true);
      const top = bbox.top + (row % STRIPS) * 5 * pixel;
      ctx.fillStyle = colour(mark.severity);
      ctx.globalAlpha = 0.4;
      ctx.fillRect(from, top, Math.max(2 * pixel, to - from), 3 * pixel);
      ctx.globalAlpha = 0.75;
      ctx.fillRect(from, top, pixel, bbox.top + bbox.height - top);
    });
    ctx.restore();
  }

  drawPlace(plot) {
    if (this.spec.at === null) return;
    const x = plot.valToPos(this.spec.at, "x", true);
    const { ctx, bbox } = plot;
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) return;
    ctx.save();
    ctx.fillStyle = colour("ink");
    ctx.globalAlpha = 0.55;
    ctx.fillRect(x - devicePixelRatio / 2, bbox.top, devicePixelRatio, bbox.height);
    ctx.beginPath();
    const size = 4 * devicePixelRatio;
    ctx.moveTo(x - size, bbox.top);
    ctx.lineTo(x + size, bbox.top);
    ctx.lineTo(x, bbox.top + 1.4 * size);
    ctx.fill();
    ctx.restore();
  }

  selected(plot) {
    const { left, width } = plot.select;
    if (width < 2) return this.clicked(plot);
    const span = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.callbacks.zoom(span);
  }

  clicked(plot) {
    if (plot.cursor.idx !== null && plot.cursor.idx !== undefined) this.callbacks.pick(plot.data[0][plot.cursor.idx]);
  }

  // Shows the values at the point `index`, or the last values if it is null.
  show(index) {
    const { data, series, marks } = this.spec;
    // Where a curve has no value, its last value before is shown.
    const valueAt = (column) => column.slice(0, (index ?? column.length - 1) + 1).findLast((value) => value !== undefined && value !== null);
    series.forEach((of, at) => { this.values[at].textContent = format.number(valueAt(data[at + 1])); });
    const x = index === null ? null : data[0][index];
    const near = x === null ? [] : marks.filter((mark) => mark.from <= x && (mark.to === null || x <= mark.to));
    const place = x === null ? "" : this.spec.time ? format.clock(x) : `${format.count(x)} images`;
    const under = this.spec.kinds && index !== null && this.under > 0 ? `${series[this.under - 1].label} ${format.number(valueAt(data[this.under]))}` : "";
    this.readout.textContent = [under, place, ...near.map((mark) => `${mark.name} (${mark.severity})`)].filter(Boolean).join(" · ");
  }

  describe() {
    const named = this.spec.kinds ? [] : this.spec.series.filter((series) => !series.hidden);
    const last = named.map((series) => {
      const value = this.spec.data[this.spec.series.indexOf(series) + 1].findLast((value) => Number.isFinite(value));
      return `${series.label} ${format.number(value)}`;
    });
    this.place.setAttribute("aria-label", `${this.spec.title}: ${this.spec.kinds ? `${this.spec.series.length} curves` : `${last.join(", ")} at the end`}. Arrow keys read values, Enter shows the sheet.`);
  }

  key(event) {
    const { plot } = this;
    const columns = this.spec.data[0].length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (event.key === "Enter") return this.clicked(plot);
    if (!(event.key in steps) || columns === 0) return;
    event.preventDefault();
    const by = steps[event.key] * (event.shiftKey ? 10 : 1);
    const next = Math.max(0, Math.min(columns - 1, (plot.cursor.idx ?? columns - 1) + by));
    plot.setCursor({ left: plot.valToPos(this.spec.data[0][next], "x"), top: 10 });
  }

  resize() {
    if (this.plot && this.place.clientWidth > 0 && this.place.clientWidth !== this.plot.width) {
      this.plot.setSize({ width: this.place.clientWidth, height: HEIGHT });
    }
  }

  // Moves only the line at the sheet that is shown.
  moveTo(at) {
    this.spec.at = at;
    if (this.place.checkVisibility()) this.plot?.redraw(false);
    else this.isBehind = true;
  }

  destroy() {
    this.observer.disconnect();
    this.plot?.destroy();
  }
}

// The ticks of a logarithmic axis: powers of ten, and ticks between them if there are few powers.
function decades(low, high) {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const powers = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  const every = Math.ceil(powers.length / 6);
  const factors = powers.length > 3 ? [1] : powers.length > 2 ? [1, 3] : [1, 2, 5];
  const splits = powers.filter((power) => power % every === 0).flatMap((power) => factors.map((factor) => factor * 10 ** power));
  return splits.filter((split) => split >= low * 0.999 && split <= high * 1.001);
}
