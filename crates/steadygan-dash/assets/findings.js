// What looked unhealthy in a run, and what to do about it.

import { h, put } from "./dom.js";
import * as format from "./format.js";
import { severityChip, severityClass, severityRank } from "./severity.js";

// Joins the lines of findings.jsonl into findings. Each has a name, its latest severity, the images at which it began
// and ended, and its latest line.
export function gathered(lines) {
  const found = [];
  for (const line of lines) {
    if (typeof line?.finding !== "string") continue;
    const open = found.findLast((one) => one.name === line.finding && one.to === null);
    if (line.severity === "over") {
      if (open) open.to = line.images;
      continue;
    }
    const finding = open ?? { name: line.finding, to: null };
    Object.assign(finding, { severity: severityClass(line.severity), line, from: line.since ?? finding.from ?? line.images });
    if (!open) found.push(finding);
  }
  return found;
}

// The findings as marks on curves, numbered in the order in which they began.
export function marks(findings) {
  const order = [...findings].sort((a, b) => a.from - b.from);
  return order.map(({ name, severity, from, to }, at) => ({ name, severity, from, to, number: at + 1 }));
}

// What the marks on curves stand for, as a list.
export function markLegend(marks) {
  const item = ({ number, name, severity, from, to }) => h("li", {}, h("b", { class: severity }, number), `${words(name)}, ${severity}, ${spanInWords(from, to)}`);
  return marks.length > 0 && h("ol", { class: "marks", "aria-label": "Findings that are marked on the curves" }, marks.map(item));
}

export const words = (name) => name.replaceAll("-", " ");

export function spanInWords(from, to) {
  const when = from === 0 ? "before training" : `since ${format.count(from)} images`;
  return to === null ? when : `from ${format.count(from)} to ${format.count(to)} images`;
}

// `pick(images)` goes to where a finding began; without `pick` that place is plain text.
export function showFindings(node, findings, pick) {
  if (findings.length === 0) return put(node);
  const order = [...findings].sort((a, b) => Number(a.to !== null) - Number(b.to !== null) || severityRank(a.severity) - severityRank(b.severity) || b.from - a.from);
  put(node, h("h2", {}, "Findings"), h("ul", { class: "findings" }, order.map((finding) => card(finding, pick))));
}

function card({ name, severity, from, to, line }, pick) {
  const span = spanInWords(from, to);
  const evidence = line.evidence && typeof line.evidence === "object" ? Object.entries(line.evidence) : [];
  const advice = Array.isArray(line.advice) ? line.advice : [];
  return h(
    "li", { class: `${severity}${to === null ? "" : " over"}` },
    h("p", { class: "head" }, to === null ? severityChip(severity, severity, true) : severityChip("over", "over", true), h("b", {}, words(name)),
      pick ? h("button", { type: "button", class: "link", onclick: () => pick(from) }, span) : h("span", { class: "when" }, span)),
    line.says && h("p", {}, String(line.says)),
    line.means && h("p", { class: "means" }, String(line.means)),
    advice.length > 0 && h("ul", { class: "advice" }, advice.map((one) => h("li", {}, one?.recipe && [h("code", {}, String(one.recipe)), " "], String(one?.do ?? "")))),
    evidence.length > 0 && h("p", { class: "evidence" }, evidence.map(([key, value]) => `${key.replaceAll("_", " ")} ${typeof value === "number" ? format.number(value) : String(value)}`).join(" · ")),
  );
}
