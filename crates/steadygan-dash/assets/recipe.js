// A run's recipe (what the user asked for) and plan (what was decided), and the differences between the plans of runs.

import { download } from "./commands.js";
import { h, put, swatch, table } from "./dom.js";
import { runColour, shortName } from "./curves.js";

// `{ a: { b: 1 } }` → Map { "a.b" → "1" }
export function flat(value, prefix = "", into = new Map()) {
  const isTable = value !== null && typeof value === "object" && !Array.isArray(value);
  if (!isTable) return into.set(prefix, typeof value === "string" ? value : JSON.stringify(value) ?? "");
  for (const [key, inner] of Object.entries(value)) flat(inner, prefix ? `${prefix}.${key}` : key, into);
  return into;
}

// The keys whose values are not the same in all plans, with the value in each plan.
export function differences(plans) {
  const flats = plans.map((plan) => flat(plan ?? {}));
  const keys = new Set(flats.flatMap((of) => [...of.keys()]));
  return [...keys].map((key) => [key, flats.map((of) => of.get(key) ?? "–")]).filter(([, values]) => new Set(values).size > 1);
}

// `details` are the details of runs, each with the run's `id`: first this run, then the overlaid runs.
export function showRecipe(node, details) {
  const [own] = details;
  const plan = own.plan && [...flat(own.plan)];
  put(
    node,
    h("h2", {}, "Recipe"),
    details.length > 1 && differing(details),
    h("div", { class: "recipe" },
      own.recipe === null
        ? h("p", { class: "empty" }, "recipe.toml is not there.")
        : [h("pre", { tabindex: "0", "aria-label": "recipe.toml" }, own.recipe.trim() || "# everything as its default"), h("p", {}, download("recipe.toml", own.recipe))],
      plan && h("details", {}, h("summary", {}, `The plan: all ${plan.length} values that were decided`), valueTable(["key", "value"], plan.map(([key, value]) => [key, [value]])))),
  );
}

function differing(details) {
  const rows = differences(details.map((detail) => detail.plan));
  const heads = details.map((detail, at) => [swatch(runColour(at)), shortName(detail.id)]);
  const shown = rows.length ? valueTable(["what differs in their plans", ...heads], rows) : h("p", { class: "empty" }, "Their plans are equal.");
  return h("div", { class: "differences" }, shown);
}

function valueTable(heads, rows) {
  return table(
    {},
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map(([key, values]) => h("tr", {}, h("th", { scope: "row" }, key), values.map((value) => h("td", {}, value))))),
  );
}
