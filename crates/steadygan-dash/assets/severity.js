// How severe a finding is: in words, in order, and as a chip that is told by its sign and text as well as by its colour.

import { h } from "./dom.js";

const SIGNS = { severe: "▲", warning: "△", note: "○", over: "–" };

export const severityClass = (word) => (word in SIGNS ? word : "note");

// The place of a severity in order, the worst first.
export const severityRank = (word) => Object.keys(SIGNS).indexOf(severityClass(word));

// `text` with the sign of its severity. Without `said` a screen reader is told the severity, too.
export function severityChip(severity, text, said = false) {
  const kind = severityClass(severity);
  return h("span", { class: `finding ${kind}`, title: kind }, h("span", { "aria-hidden": "true" }, `${SIGNS[kind]} `), !said && h("span", { class: "unseen" }, `${kind}: `), text);
}
