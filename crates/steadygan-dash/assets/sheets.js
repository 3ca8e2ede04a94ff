// Sheets of fakes on a slider, beside the reals. Each of their pixels covers a whole number of the screen's pixels.

import { h, put } from "./dom.js";
import * as format from "./format.js";
import { pictureAddress } from "./source.js";

const FRAME_MS = 240;
const MAX_CACHED = 48;
const MAX_SCALE = 6;

// `callbacks.move(images)` is called when another sheet is shown.
export class Sheets {
  constructor(id, callbacks) {
    this.id = id;
    this.callbacks = callbacks;
    this.images = [];
    this.at = 0;
    this.follows = true;
    this.cached = new Map();
    this.timer = null;
    this.scale = null;
    this.fake = h("div", { class: "sheet", "data-of": "fakes" });
    this.real = h("div", { class: "sheet", "data-of": "reals" });
    this.slider = h("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Time: images shown", oninput: () => this.stopAnd(() => this.goTo(Number(this.slider.value))) });
    this.play = h("button", { type: "button", class: "play", onclick: () => this.toggle() }, "Play");
    this.scrub = h("div", { class: "scrub" }, this.play, this.slider);
    this.when = h("output", { class: "when" });
    const scaled = (by, text, title) => h("button", { type: "button", class: "quiet small", title, "aria-label": title, onclick: () => this.rescale(by) }, text);
    this.sized = h("output", { class: "scale" });
    this.caption = h("p", { class: "counted" });
    this.node = h(
      "div", { class: "pictures" },
      h("figure", {}, h("figcaption", {}, h("h3", {}, "Fakes"), this.when), this.fake,
        this.scrub, this.caption),
      h("figure", {}, h("figcaption", {}, h("h3", {}, "Reals"), h("span", { class: "scaling" }, scaled(-1, "−", "Smaller pixels"), this.sized, scaled(1, "+", "Larger pixels"))), this.real),
    );
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.node);
  }

  // Takes the sheets that exist now. If the last sheet is shown, the newest sheet replaces it; otherwise the chosen one
  // stays.
  set(images, hasReals, written = images.length, seed = null) {
    const shown = this.images[this.at];
    const changed = images.length !== this.images.length || images.at(-1) !== this.images.at(-1);
    this.images = images;
    this.slider.max = Math.max(0, images.length - 1);
    const part = written > images.length && `${images.length} of the run's ${written} sheets, evenly through training`;
    this.caption.textContent = ["the same latents each time", seed !== null && `seed ${seed}`, part].filter(Boolean).join(" · ");
    this.node.hidden = images.length === 0 && !hasReals;
    if (hasReals && !this.real.firstChild) this.load("reals").then((picture) => { put(this.real, picture); this.fit(); }, () => {});
    if (!changed && this.fake.firstChild) return;
    const at = images.indexOf(shown);
    this.goTo(this.follows || at < 0 ? images.length - 1 : at);
  }

  load(of, images) {
    const key = of === "reals" ? of : images;
    if (!this.cached.has(key)) {
      const picture = new Image();
      picture.alt = of === "reals" ? "Real images, as the discriminator sees them" : `Fakes after ${format.count(images)} images`;
      picture.src = pictureAddress({ run: this.id, of, images });
      const loaded = picture.decode().then(() => picture);
      loaded.catch(() => this.cached.delete(key));
      this.cached.set(key, loaded);
      if (this.cached.size > MAX_CACHED) this.cached.delete(this.cached.keys().next().value);
    }
    return this.cached.get(key);
  }

  async goTo(at) {
    if (this.images.length === 0) return;
    this.at = Math.max(0, Math.min(this.images.length - 1, at));
    this.follows = this.at === this.images.length - 1;
    const images = this.images[this.at];
    this.slider.value = this.at;
    this.slider.setAttribute("aria-valuetext", `${format.count(images)} images`);
    this.when.textContent = images === 0 ? "before training" : `after ${format.count(images)} images · ${this.at + 1} of ${this.images.length}`;
    this.callbacks.move(images);
    for (const ahead of [1, 2, 3]) {
      if (this.at + ahead < this.images.length) this.load("fakes", this.images[this.at + ahead]).catch(() => {});
    }
    try {
      const picture = await this.load("fakes", images);
      if (this.images[this.at] === images) {
        put(this.fake, picture);
        this.fit();
      }
    } catch {
      if (this.images[this.at] === images) put(this.fake, h("p", { class: "empty" }, "This sheet cannot be read."));
    }
  }

  // Goes to the sheet that is nearest to `images` images of training.
  goToImages(images) {
    const distances = this.images.map((at) => Math.abs(at - images));
    this.stopAnd(() => this.goTo(distances.indexOf(Math.min(...distances))));
  }

  step(by) {
    this.stopAnd(() => this.goTo(this.at + by));
  }

  stopAnd(action) {
    this.stop();
    action();
  }

  toggle() {
    if (this.timer) return this.stop();
    if (this.images.length < 2) return;
    if (this.at >= this.images.length - 1) this.goTo(0);
    this.play.textContent = "Pause";
    this.timer = setInterval(() => {
      if (this.at >= this.images.length - 1) return this.stop();
      this.goTo(this.at + 1);
    }, FRAME_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "Play";
  }

  rescale(by) {
    this.scale = Math.max(1, Math.min(MAX_SCALE, this.current() + by));
    this.fit();
  }

  // The side of a sheet's pixel in pixels of the screen, a whole number: chosen, or the largest that there is room for.
  current() {
    if (this.scale !== null) return this.scale;
    const widest = Math.max(1, ...[this.fake, this.real].map((place) => place.querySelector("img")?.naturalWidth ?? 1));
    const room = (this.fake.clientWidth || this.real.clientWidth) * devicePixelRatio;
    return Math.max(1, Math.min(MAX_SCALE, Math.floor(room / widest)));
  }

  fit() {
    const scale = this.current();
    for (const picture of this.node.querySelectorAll(".sheet img")) {
      picture.style.width = `${(picture.naturalWidth * scale) / devicePixelRatio}px`;
    }
    // The slider is as long as the sheet is wide.
    this.scrub.style.maxWidth = this.fake.querySelector("img")?.style.width ?? "";
    this.sized.textContent = `${scale}×`;
  }

  destroy() {
    this.stop();
    this.observer.disconnect();
  }
}
