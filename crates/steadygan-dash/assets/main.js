// Chooses the page and its theme, light or dark, and sets up what all pages share.

import { h, put } from "./dom.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import { listPage } from "./list.js";
import { runPage } from "./run.js";
import { first } from "./source.js";
import { studyPage } from "./study.js";

const page = document.getElementById("page");
let leave = () => {};

// `#/run/ID?with=A,B` → the function that makes the page, and its arguments.
function requestedPage() {
  const [path, query] = (location.hash || first.link).replace(/^#/, "").split("?");
  const [, kind, id] = path.split("/");
  const others = new URLSearchParams(query ?? "").get("with");
  const parameters = { id: decoded(id ?? ""), others: (others ?? "").split(",").filter(Boolean).map(decoded) };
  return [{ run: runPage, study: studyPage }[kind] ?? listPage, parameters];
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
  const [make, parameters] = requestedPage();
  leave = make(page, parameters) ?? (() => {});
  window.scrollTo(0, 0);
}

const THEMES = ["auto", "light", "dark"];

let chosen = "auto";

// Stores a choice, if there is one, and returns the stored one. A page that may not use storage forgets the choice.
function storedTheme(choice) {
  try {
    if (choice) localStorage.setItem("theme", choice);
    return localStorage.getItem("theme");
  } catch {
    return choice;
  }
}

function theme(next) {
  chosen = next ? THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length] : THEMES.find((known) => known === storedTheme()) ?? "auto";
  storedTheme(chosen);
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  document.getElementById("theme").textContent = { auto: "Auto", light: "Light", dark: "Dark" }[chosen];
  document.getElementById("theme").title = "Light, dark, or as the system says (t)";
  window.dispatchEvent(new Event("themechange"));
}

document.getElementById("theme").addEventListener("click", () => theme(true));
document.getElementById("help-button").addEventListener("click", keys.showHelp);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => window.dispatchEvent(new Event("themechange")));
// A place on the page (`#page`) is not another page.
window.addEventListener("hashchange", () => location.hash.startsWith("#/") && show());
document.getElementById("brand").href = first.link;
live.listen(() => put(document.getElementById("folder"), live.folder.name));

theme(false);
keys.start();
keys.addKeys([
  ["t", "light, dark or automatic", () => theme(true)],
  ["r", first.title, () => (location.hash = first.link)],
]);
put(page, h("p", { class: "empty" }, "Reading runs…"));
await live.start();
show();
