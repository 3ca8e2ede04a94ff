// The sheets of many runs beside each other, all after the same number of images.

import { h, put, runLink } from "./dom.js";
import * as format from "./format.js";
import { pictureAddress } from "./source.js";

// The side of the largest sheet that is shown whole, in pixels.
const MOST_SIDE = 300;

export class Wall {
  constructor() {
    this.runs = [];
    this.images = [];
    this.at = null;
    this.slider = h("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Time: images shown", oninput: () => this.goTo(Number(this.slider.value)) });
    this.when = h("output", { class: "when" });
    this.sheets = h("div", { class: "wall" });
    this.node = h("div", {}, h("div", { class: "scrub" }, this.slider, this.when), this.sheets);
  }

  // Takes runs as { id, label, says, sheets }. The slider starts at the latest point where many runs have a sheet: at
  // least half of the largest number at any point, because a run that failed has no later sheets.
  set(runs) {
    const [shown, wasLast] = [this.images[this.at], this.at === this.likeliest];
    this.runs = runs;
    this.images = [...new Set(runs.flatMap((run) => run.sheets))].sort((a, b) => a - b);
    const having = this.images.map((images) => runs.filter((run) => run.sheets.includes(images)).length);
    this.likeliest = having.findLastIndex((count) => 2 * count >= Math.max(...having));
    this.node.hidden = this.images.length === 0;
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
    put(this.sheets, this.runs.map((run) => this.sheet(run, images)));
  }

  // Goes to the sheets that are nearest to `images` images of training.
  goToImages(images) {
    const distances = this.images.map((at) => Math.abs(at - images));
    if (distances.length) this.goTo(distances.indexOf(Math.min(...distances)));
  }

  sheet({ id, label, says, sheets }, images) {
    // A run without a sheet at this point shows its last sheet before it, and its caption says so.
    const nearest = sheets.findLast((at) => at <= images);
    const picture = (images) => {
      const image = h("img", { alt: `Fakes of ${id} after ${format.count(images)} images`, loading: "lazy", decoding: "async", src: pictureAddress({ run: id, of: "fakes", images }) });
      // Each pixel of the sheet is one CSS pixel. Of a large sheet only the first quarter is shown.
      image.addEventListener("load", () => {
        const part = image.naturalWidth > MOST_SIDE ? 2 : 1;
        Object.assign(image.style, { width: `${Math.round(image.naturalWidth / part)}px`, height: `${Math.round(image.naturalHeight / part)}px` });
        this.sheets.style.setProperty("--sheet", image.style.width);
      });
      return image;
    };
    const missing = h("p", { class: "none" }, "no sheet");
    return h("figure", { class: says ? "failed" : null },
      h("a", { href: runLink(id), "aria-label": id }, nearest === undefined ? missing : picture(nearest)),
      h("figcaption", {}, h("b", {}, label), nearest !== undefined && nearest < images && h("span", { class: "when" }, `after ${format.count(nearest)} images`), says && h("span", { class: "trouble" }, says)));
  }
}
