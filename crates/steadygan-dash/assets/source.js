// Where data comes from: the dashboard that serves this page, or the report that this page is.

import { address, h } from "./dom.js";

const node = document.getElementById("held");

// What a report holds, { start, title, written_unix_s, answers: { address: answer } }; `null` in the dashboard.
export const report = node && JSON.parse(node.textContent);

// What tells a report's answers apart: it has a run's curves once, in all their points.
const TOLD_APART_BY = ["run", "study", "of", "images"];

function held(path, query = {}) {
  const names = Object.entries(query).filter(([name]) => TOLD_APART_BY.includes(name));
  return report.answers[address(path, Object.fromEntries(names))];
}

// Data, or an error that says what went wrong.
export async function get(path, query, signal) {
  if (report) {
    const answer = held(path, query);
    if (answer === undefined) throw new Error("this report does not have it");
    return answer;
  }
  const answer = await fetch(address(path, query), { signal });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

// Where a picture is; an empty address if a report does not have it.
export function pictureAddress(query) {
  return report ? held("/api/picture", query) ?? "" : address("/api/picture", query);
}

// The first page: all runs, or what the report is of.
export const first = report ? { title: report.title, link: report.start } : { title: "All runs", link: "#/" };

// The way back to the first page and to the study `id` is in; a report's first page needs none.
export function wayBack(id, studies = []) {
  if (report?.title === id) return null;
  const study = studies.find((study) => id.startsWith(`${study.id}/`) && study.id !== report?.title);
  return h("p", { class: "crumb" }, h("a", { href: first.link }, first.title), study && [" / ", h("a", { href: studyLink(study.id) }, study.id)]);
}

export const studyLink = (id) => `#/study/${encodeURIComponent(id)}`;
