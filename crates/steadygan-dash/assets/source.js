// Where data comes from: the dashboard that serves this page, or the report that this page is.

import { address, h } from "./dom.js";

const node = document.getElementById("report-data");

// The data in a report, { start, title, written_unix_s, answers: { address: answer } }; `null` in the dashboard.
export const report = node && JSON.parse(node.textContent);

// The parameters by which a report's answers are found. A span and a number of points are not among them, because a
// report has each run's curves only once.
const ANSWER_PARAMETERS = ["run", "study", "of", "images"];

function answerInReport(path, query = {}) {
  const names = Object.entries(query).filter(([name]) => ANSWER_PARAMETERS.includes(name));
  return report.answers[address(path, Object.fromEntries(names))];
}

// Returns data, or throws an error that says what went wrong.
export async function get(path, query, signal) {
  if (report) {
    const answer = answerInReport(path, query);
    if (answer === undefined) throw new Error("this report does not have it");
    return answer;
  }
  const answer = await fetch(address(path, query), { signal });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

// The address of a picture; empty if a report does not have it.
export function pictureAddress(query) {
  return report ? answerInReport("/api/picture", query) ?? "" : address("/api/picture", query);
}

// The first page: all runs, or the run or study that the report is about.
export const first = report ? { title: report.title, link: report.start } : { title: "All runs", link: "#/" };

// The links back to the first page and to the study that `id` is in; a report's first page needs none.
export function wayBack(id, studies = []) {
  if (report?.title === id) return null;
  const study = studies.find((study) => id.startsWith(`${study.id}/`) && study.id !== report?.title);
  return h("p", { class: "crumb" }, h("a", { href: first.link }, first.title), study && [" / ", h("a", { href: studyLink(study.id) }, study.id)]);
}

export const studyLink = (id) => `#/study/${encodeURIComponent(id)}`;
