// What the dashboard knows of the folder, kept up to date by server-sent events.

import * as format from "./format.js";
import { get, report } from "./source.js";

// The summary of every run, by id.
export const runs = new Map();
export const folder = { name: "", studies: [], notes: [] };

const listeners = new Set();
let source = null;
let word = "";

// Calls `listener(ids)` after a change, with the ids of the runs that changed or were removed.
// Returns a function that ends this.
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function takeIn(changes) {
  // A summary that is the same as before has not changed.
  const changed = changes.runs.filter((summary) => JSON.stringify(summary) !== JSON.stringify(runs.get(summary.id)));
  for (const summary of changed) runs.set(summary.id, summary);
  for (const id of changes.gone) runs.delete(id);
  if (changes.studies) folder.studies = changes.studies;
  if (changes.notes) folder.notes = changes.notes;
  folder.name = changes.folder;
  const ids = new Set([...changed.map((summary) => summary.id), ...changes.gone]);
  for (const listener of [...listeners]) listener(ids);
}

async function takeInAll() {
  try {
    const all = await get("/api/runs");
    const there = new Set(all.runs.map((summary) => summary.id));
    all.gone = [...runs.keys()].filter((id) => !there.has(id));
    takeIn(all);
  } catch (error) {
    say("away");
  }
}

const WORDS = { live: "live", away: "no connection", paused: "paused" };

function say(next, text = WORDS[next]) {
  if (word === next) return;
  word = next;
  const node = document.getElementById("live");
  node.textContent = text;
  node.className = `live ${next}`;
}

function open() {
  if (source) return;
  source = new EventSource("/api/events");
  // Reads everything, because changes may have been missed without a connection.
  source.addEventListener("open", () => {
    say("live");
    takeInAll();
  });
  source.addEventListener("changes", (event) => takeIn(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    say("away");
    // A browser does not try again after a refusal.
    if (source?.readyState === EventSource.CLOSED) {
      close();
      setTimeout(() => document.hidden || open(), 3000);
    }
  });
}

function close() {
  source?.close();
  source = null;
}

// A browser allows six connections to one server, so a hidden page closes its connection.
export async function start() {
  if (report) {
    say("written", `report of ${format.date(report.written_unix_s)}`);
    return takeInAll();
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return open();
    close();
    say("paused");
  });
  await takeInAll();
  open();
}
