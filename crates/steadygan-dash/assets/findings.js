// What looked unhealthy in a run, and what to do about it.

import { h, put } from "./dom.js";
import * as format from "./format.js";
import { severityClass } from "./list.js";

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

export const marks = (findings) => findings.map(({ name, severity, from, to }) => ({ name, severity, from, to }));

// `pick(images)` goes to where a finding began; without `pick` that place is plain text.
export function showFindings(node, findings, pick) {
  if (findings.length === 0) return put(node);
  const order = [...findings].sort((a, b) => Number(a.to !== null) - Number(b.to !== null) || b.from - a.from);
  put(node, h("h2", {}, "Findings"), h("ul", { class: "findings" }, order.map((finding) => card(finding, pick))));
}

function card({ name, severity, from, to, line }, pick) {
  const when = from === 0 ? "before training" : `since ${format.count(from)} images`;
  const span = to === null ? when : `from ${format.count(from)} to ${format.count(to)} images`;
  const evidence = line.evidence && typeof line.evidence === "object" ? Object.entries(line.evidence) : [];
  const advice = Array.isArray(line.advice) ? line.advice : [];
  return h(
    "li", { class: `${severity}${to === null ? "" : " over"}` },
    h("p", { class: "head" }, h("span", { class: `finding ${severity}` }, to === null ? severity : "over"), h("b", {}, name.replaceAll("-", " ")),
      pick ? h("button", { type: "button", class: "link", onclick: () => pick(from) }, span) : h("span", { class: "when" }, span)),
    line.says && h("p", {}, String(line.says)),
    line.means && h("p", { class: "means" }, String(line.means)),
    advice.length > 0 && h("ul", { class: "advice" }, advice.map((one) => h("li", {}, h("code", {}, String(one?.recipe ?? "")), " ", String(one?.do ?? "")))),
    evidence.length > 0 && h("p", { class: "evidence" }, evidence.map(([key, value]) => `${key.replaceAll("_", " ")} ${typeof value === "number" ? format.number(value) : String(value)}`).join(" · ")),
  );
}
