// Which page is shown, light or dark, and what all pages share.

import { h, put } from "./dom.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import { listPage } from "./list.js";
import { runPage } from "./run.js";
import { studyPage } from "./study.js";

const page = document.getElementById("page");
let leave = () => {};

// `#/run/ID?with=A,B` → the page's maker and what it is told.
function found() {
  const [path, query] = location.hash.replace(/^#/, "").split("?");
  const [, kind, id] = path.split("/");
  const others = new URLSearchParams(query ?? "").get("with");
  const asked = { id: decoded(id ?? ""), others: (others ?? "").split(",").filter(Boolean).map(decoded) };
  return [{ run: runPage, study: studyPage }[kind] ?? listPage, asked];
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function show() {
  leave();
  keys.setPageKeys([]);
  const [make, asked] = found();
  leave = make(page, asked) ?? (() => {});
  window.scrollTo(0, 0);
}

const THEMES = ["auto", "light", "dark"];

function theme(next) {
  const kept = THEMES.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto";
  const chosen = next ? THEMES[(THEMES.indexOf(kept) + 1) % THEMES.length] : kept;
  localStorage.setItem("theme", chosen);
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  document.getElementById("theme").textContent = { auto: "Auto", light: "Light", dark: "Dark" }[chosen];
  document.getElementById("theme").title = "Light, dark, or as the system says (t)";
  window.dispatchEvent(new Event("themechange"));
}

document.getElementById("theme").addEventListener("click", () => theme(true));
document.getElementById("help-button").addEventListener("click", keys.showHelp);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => window.dispatchEvent(new Event("themechange")));
window.addEventListener("hashchange", show);
live.listen(() => put(document.getElementById("folder"), live.folder.name));

theme(false);
keys.start();
keys.addKeys([
  ["t", "light, dark or automatic", () => theme(true)],
  ["r", "all runs", () => (location.hash = "#/")],
]);
put(page, h("p", { class: "empty" }, "Reading runs…"));
await live.start();
show();
