// The latent space of a run's generator: the images of a seed, the walk between two of them, and the training images
// nearest to one; also the networks' layers. Another process answers, which the first question starts.

import { address, h, put, table } from "./dom.js";
import * as format from "./format.js";

const COUNT = 64;
const COLUMNS = 8;
const STEPS = 16;
const NEAREST = 7;
const LEAST_SIDE = 48;
// The slider's end stands for a truncation of `null`, which means the plan's own truncation.
const AS_PLANNED = 2.1;
const WAIT_MS = 120;

// The drawing process's answer, { facts, url }: `url` is one picture with the images below each other, or null.
async function ask(run, question, signal) {
  const answer = await fetch(address("/api/explore", { run, ask: JSON.stringify(question) }), { signal });
  if (!answer.ok) throw new Error(await answer.text());
  if (answer.headers.get("content-type") === "application/json") return { facts: await answer.json(), url: null };
  return { facts: JSON.parse(answer.headers.get("steadygan-facts")), url: URL.createObjectURL(await answer.blob()) };
}

const truncated = (threshold) => (threshold === null ? "as planned" : `|z| ≤ ${threshold}`);

export class Explorer {
  constructor(id) {
    this.id = id;
    this.seed = 0;
    this.truncation = null;
    this.picked = [];
    this.urls = new Map();
    this.loading = new Map();
    this.node = h("div", { class: "explorer" });
    this.start = h("button", { type: "button", onclick: () => this.open() }, "Draw images");
    put(
      this.node, h("h2", {}, "Explore"),
      h("p", { class: "intro" }, "Images of the latest checkpoint that training never drew: pick two to walk from one to the other."),
      this.start,
    );
  }

  open() {
    const seed = h("input", { type: "number", min: 0, step: 1, value: this.seed, "aria-label": "Seed", onchange: () => this.setSeed(Number(seed.value)) });
    const truncation = h("input", {
      type: "range", min: 0.1, max: AS_PLANNED, step: 0.1, value: AS_PLANNED, "aria-label": "Truncation",
      oninput: () => this.setTruncation(Number(truncation.value)),
    });
    this.fields = { seed, truncation };
    this.threshold = h("output", {}, truncated(null));
    this.took = h("output", { class: "when" });
    this.grid = h("div", { class: "cells", role: "group", "aria-label": "Images of the seed", onkeydown: (event) => this.arrows(event) });
    this.walk = h("div", { class: "walk" });
    this.near = h("div", { class: "near" });
    this.trouble = h("p", { class: "trouble", role: "alert" });
    const other = (by, text, label) => h("button", { type: "button", class: "quiet small", "aria-label": label, onclick: () => this.setSeed(this.seed + by) }, text);
    put(
      this.node, h("h2", {}, "Explore"),
      h("div", { class: "controls" },
        h("label", {}, "seed ", seed), h("span", {}, other(-1, "−", "The seed before"), other(1, "+", "The next seed")),
        h("label", {}, "truncation ", truncation), this.threshold, this.took),
      this.trouble,
      h("div", { class: "space" }, this.grid, h("div", {}, this.walk, this.near)),
    );
    this.hint();
    this.draw();
  }

  hint() {
    put(this.walk, h("p", { class: "empty" }, "Pick an image for its nearest training images, and a second one for the way between them."));
    put(this.near);
  }

  setSeed(seed) {
    this.seed = Number.isSafeInteger(seed) && seed >= 0 ? seed : 0;
    this.fields.seed.value = this.seed;
    this.draw();
  }

  setTruncation(value) {
    this.truncation = value >= AS_PLANNED ? null : value;
    this.threshold.textContent = truncated(this.truncation);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.draw(); this.drawPicked(); }, WAIT_MS);
  }

  // Requests a part of the page, and cancels an older request for the same part.
  async part(name, question, show) {
    this.loading.get(name)?.abort();
    const loading = new AbortController();
    this.loading.set(name, loading);
    try {
      const began = performance.now();
      const answer = await ask(this.id, { ...question, truncation: this.truncation }, loading.signal);
      if (this.urls.has(name)) URL.revokeObjectURL(this.urls.get(name));
      this.urls.set(name, answer.url);
      this.trouble.textContent = "";
      show(answer, performance.now() - began);
    } catch (error) {
      if (error.name !== "AbortError") this.trouble.textContent = error.message;
    }
  }

  draw() {
    const { seed } = this;
    return this.part("sheet", { ask: "sheet", seed, count: COUNT }, ({ facts, url }, ms) => {
      this.took.textContent = `${facts.count} images in ${Math.round(ms)} ms`;
      const focused = [...this.grid.children].indexOf(document.activeElement);
      put(this.grid, Array.from({ length: facts.count }, (_, index) => {
        const cell = image("button", url, facts, index);
        cell.type = "button";
        cell.setAttribute("aria-label", `Image ${index} of seed ${seed}`);
        cell.addEventListener("click", () => this.pick({ seed, index }));
        return cell;
      }));
      this.grid.style.gridTemplateColumns = `repeat(${COLUMNS}, max-content)`;
      this.grid.children[focused]?.focus();
      this.markPicked();
    });
  }

  // Keeps the last two picked images. Picking an image again drops it.
  pick(place) {
    const same = (other) => other.seed === place.seed && other.index === place.index;
    this.picked = this.picked.some(same) ? this.picked.filter((other) => !same(other)) : [...this.picked, place].slice(-2);
    this.markPicked();
    this.drawPicked();
  }

  markPicked() {
    [...this.grid.children].forEach((cell, index) => {
      const at = this.picked.findIndex((place) => place.seed === this.seed && place.index === index);
      cell.setAttribute("aria-pressed", String(at >= 0));
      cell.dataset.pick = at >= 0 ? "AB"[at] : "";
    });
  }

  drawPicked() {
    const [from, to] = this.picked;
    if (!from) return this.hint();
    const last = this.picked.at(-1);
    const name = ({ seed, index }) => `image ${index} of seed ${seed}`;
    this.part("near", { ask: "nearest", of: last, count: NEAREST }, ({ facts, url }) => {
      const caption = (index) => (index === 0 ? "the fake" : [format.number(facts.nearest[index - 1].distance), facts.nearest[index - 1].class].filter(Boolean).join(" · "));
      put(this.near, h("h3", {}, `The training images nearest to ${name(last)}`),
        h("div", { class: "row" }, Array.from({ length: facts.count }, (_, index) => h("figure", {}, image("span", url, facts, index), h("figcaption", {}, caption(index))))),
        h("p", { class: "when" }, "By the root mean square of the differences of pixels, in levels from 0 to 255."));
    });
    if (!to) return put(this.walk, h("p", { class: "empty" }, "Pick a second image for the way between them."));
    return this.part("walk", { ask: "walk", from, to, steps: STEPS }, ({ facts, url }) => {
      put(this.walk, h("h3", {}, `From ${name(from)} to ${name(to)}`),
        h("div", { class: "row" }, Array.from({ length: facts.count }, (_, index) => image("span", url, facts, index))));
    });
  }

  arrows(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS }[event.key];
    const at = [...this.grid.children].indexOf(document.activeElement);
    if (!by || at < 0) return;
    event.preventDefault();
    this.grid.children[at + by]?.focus();
  }

  destroy() {
    clearTimeout(this.timer);
    for (const loading of this.loading.values()) loading.abort();
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
  }
}

// The image at `index` in a picture of images below each other. Its pixels cover a whole number of the screen's pixels.
function image(tag, url, { size, count }, index) {
  const node = h(tag, { class: "cell" });
  const side = (Math.ceil((LEAST_SIDE * devicePixelRatio) / size) * size) / devicePixelRatio;
  Object.assign(node.style, {
    width: `${side}px`, height: `${side}px`, backgroundImage: `url("${url}")`,
    backgroundSize: `${side}px ${side * count}px`, backgroundPosition: `0 ${-side * index}px`,
  });
  return node;
}

// Both networks, layer by layer, read when the reader opens them.
export function networks(id) {
  const node = h("div", { class: "networks" });
  const shown = h("div");
  const show = async () => {
    put(shown, h("p", { class: "empty" }, "Building the networks…"));
    try {
      const { facts } = await ask(id, { ask: "layers" });
      put(shown, facts.networks.map(layerTable));
    } catch (error) {
      put(shown, h("p", { class: "trouble", role: "alert" }, error.message));
    }
  };
  const details = h("details", { ontoggle: () => details.open && !shown.firstChild && show() }, h("summary", {}, "The networks, layer by layer"), shown);
  return put(node, details);
}

function layerTable({ title, input, rows }) {
  const cells = (row) => [row.output.join(" × "), format.count(row.trainable), row.not_trainable ? format.count(row.not_trainable) : "", format.short(row.multiply_adds)];
  return table(
    { class: "layers" },
    h("caption", {}, `${title}: ${input.join(" × ")} in, ${format.count(rows.reduce((sum, row) => sum + row.trainable, 0))} trained numbers`),
    h("thead", {}, h("tr", {}, ["layer", "output", "trained", "running", "multiply-adds"].map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.layer), cells(row).map((cell) => h("td", {}, cell))))),
  );
}
