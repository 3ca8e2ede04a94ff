// Keyboard shortcuts: keys of the current page and keys of all pages, listed by `?`.

import { h, put } from "./dom.js";

let pageKeys = [];
const everywhere = [];

// A shortcut is [key, what it does, action, how the key is written].
export function setPageKeys(keys) {
  pageKeys = keys;
}

export function addKeys(keys) {
  everywhere.push(...keys);
}

export function start() {
  addKeys([["?", "show these shortcuts", showHelp]]);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.getElementById("help").open) return;
    const found = [...pageKeys, ...everywhere].find(([key]) => key === event.key);
    if (!found || usesItself(event.target, event.key)) return;
    event.preventDefault();
    found[2](event);
  });
}

const isTyping = (node) => node.matches?.("textarea, select, input:not([type=checkbox], [type=range])");

// Whether an element reacts to the key itself: buttons and links to Space and Enter, a slider to arrows.
function usesItself(node, key) {
  if (key === " " || key === "Enter") return node.matches?.("button, a, input, summary");
  return node.matches?.("input[type=range]") && (key.startsWith("Arrow") || key === "Home" || key === "End");
}

export function showHelp() {
  const dialog = document.getElementById("help");
  const row = ([key, does, , written]) => [h("dt", {}, h("kbd", {}, written ?? key)), h("dd", {}, does)];
  put(
    dialog,
    h("h2", { id: "help-title" }, "Keyboard"),
    h("dl", { class: "keys" }, pageKeys.map(row), everywhere.map(row)),
    h("form", { method: "dialog" }, h("button", { type: "submit", autofocus: true }, "Close")),
  );
  dialog.showModal();
}
