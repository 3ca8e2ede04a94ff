// A study: what its file says, and its runs.

import { h, put, runLink } from "./dom.js";
import * as format from "./format.js";
import { progress, stateChip } from "./list.js";
import { get, listen, runs } from "./live.js";
import { flat } from "./recipe.js";

export function studyPage(page, { id }) {
  const said = h("div", { class: "recipe" });
  const list = h("section", { "aria-label": "Runs" });
  put(page, h("p", { class: "crumb" }, h("a", { href: "#/" }, "All runs")), h("h1", {}, id), said, list);
  document.title = `${id} · SteadyGAN`;
  get("/api/study", { study: id }).then(
    (study) => put(said, h("details", { open: true }, h("summary", {}, "What was asked"), table([...flat(study)]))),
    (error) => put(said, h("p", { class: "empty" }, `study.json cannot be shown: ${error.message}`)),
  );
  const draw = () => {
    const own = [...runs.values()].filter((run) => run.id.startsWith(`${id}/`)).sort((a, b) => a.id.localeCompare(b.id));
    const row = (run) => h("tr", {}, h("th", { scope: "row" }, h("a", { href: runLink(run.id) }, format.nameParts(run.id).number, " ", format.nameParts(run.id).name)),
      h("td", {}, stateChip(run)), h("td", {}, progress(run)), h("td", {}, run.metrics.map((line) => `${format.metric(line).name} ${format.metric(line).value}`).join(" · ")));
    put(list, h("h2", {}, `Runs (${own.length})`), h("div", { class: "scrolled", tabindex: "0" }, h("table", {}, h("tbody", {}, own.map(row)))));
  };
  draw();
  return listen(draw);
}

function table(rows) {
  return h("div", { class: "scrolled", tabindex: "0" }, h("table", {}, h("tbody", {}, rows.map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, key), h("td", {}, value))))));
}
