// The sheets of many runs beside each other, all after the same number of images.

import { h, put, runLink } from "./dom.js";
import * as format from "./format.js";
import { enlarged, widthOf } from "./geometry.js";
import { pictureAddress } from "./source.js";

// How many images of a sheet are shown in a row.
const COLUMNS = 4;
// The side of an image on the wall, at least, and of a plot of points, at most, in CSS pixels.
const LEAST_SIDE = 56;
const PLOT_SIDE = 260;

export class Wall {
  constructor() {
    this.runs = [];
    this.reals = null;
    this.images = [];
    this.at = null;
    this.slider = h("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Time: images shown", oninput: () => this.goTo(Number(this.slider.value)) });
    this.when = h("output", { class: "when" });
    this.sheets = h("div", { class: "wall" });
    this.empty = h("p", { class: "empty" }, "None of these runs has a sheet.");
    this.shown = h("div", {}, h("p", { class: "intro" }, `The first ${COLUMNS * COLUMNS} images of each run's sheet, all after the same number of images; a click shows the run.`), h("div", { class: "scrub" }, this.slider, this.when), this.sheets);
    this.node = h("div", {}, this.shown, this.empty);
  }

  // Takes runs as { id, label, says, sheets, data }. The slider starts at the latest point where many runs have a sheet: at
  // least half of the largest number at any point, because a run that failed has no later sheets. `reals`, { id, data }, is the
  // run whose sheet of reals is beside them.
  set(runs, reals = null) {
    this.reals = reals;
    const [shown, wasLast] = [this.images[this.at], this.at === this.likeliest];
    this.runs = runs;
    this.images = [...new Set(runs.flatMap((run) => run.sheets))].sort((a, b) => a - b);
    const having = this.images.map((images) => runs.filter((run) => run.sheets.includes(images)).length);
    this.likeliest = having.findLastIndex((count) => 2 * count >= Math.max(...having));
    this.shown.hidden = this.images.length === 0;
    this.empty.hidden = this.images.length > 0;
    this.slider.max = Math.max(0, this.images.length - 1);
    const at = this.images.indexOf(shown);
    this.goTo(wasLast || at < 0 ? this.likeliest : at);
  }

  goTo(at) {
    this.at = at;
    const images = this.images[at];
    if (images === undefined) return;
    this.slider.value = at;
    this.when.textContent = images === 0 ? "before training" : `after ${format.count(images)} images`;
    this.slider.setAttribute("aria-valuetext", this.when.textContent);
    put(this.sheets, this.runs.map((run) => this.sheet(run, images)), this.reals && this.sheetOfReals(this.reals));
  }

  step(by) {
    if (this.images.length > 0) this.goTo(Math.max(0, Math.min(this.images.length - 1, this.at + by)));
  }

  // Goes to the sheets that are nearest to `images` images of training.
  goToImages(images) {
    const distances = this.images.map((at) => Math.abs(at - images));
    if (distances.length) this.goTo(distances.indexOf(Math.min(...distances)));
  }

  // Shows the first columns and rows of a sheet, a whole number of pixels for each of an image's; all of a plot of points.
  fit(image, data) {
    const isPlot = !(data?.size > 1);
    const shown = isPlot ? image.naturalWidth : Math.min(image.naturalWidth, widthOf(data, COLUMNS));
    const side = isPlot ? Math.min(1, PLOT_SIDE / image.naturalWidth) : Math.ceil((LEAST_SIDE * devicePixelRatio) / data.size) / enlarged(data) / devicePixelRatio;
    const width = Math.round(shown * side);
    image.style.width = `${image.naturalWidth * side}px`;
    Object.assign(image.parentElement.style, { width: `${width}px`, height: `${Math.min(width, Math.round(image.naturalHeight * side))}px` });
    this.sheets.style.setProperty("--sheet", `${width}px`);
  }

  picture({ id, data }, of, images, alt) {
    const image = h("img", { alt, loading: "lazy", decoding: "async", src: pictureAddress({ run: id, of, images }) });
    image.addEventListener("load", () => this.fit(image, data));
    return image;
  }

  sheetOfReals(run) {
    return h("figure", {}, h("div", { class: "sheets" }, this.picture(run, "reals", undefined, `Reals of ${run.id}`)), h("figcaption", {}, h("b", {}, "reals")));
  }

  sheet(run, images) {
    const { id, label, says, sheets } = run;
    // A run without a sheet at this point shows its last sheet before it, and its caption says so.
    const nearest = sheets.findLast((at) => at <= images);
    const missing = h("p", { class: "none" }, "no sheet");
    return h("figure", { class: says ? "failed" : null },
      h("a", { class: "sheets", href: runLink(id), "aria-label": id }, nearest === undefined ? missing : this.picture(run, "fakes", nearest, `Fakes of ${id} after ${format.count(nearest)} images`)),
      h("figcaption", {}, h("b", {}, label), nearest !== undefined && nearest < images && h("span", { class: "when" }, `after ${format.count(nearest)} images`), says && h("span", { class: "trouble" }, says)));
  }
}
