// Makes elements. Text from runs becomes text nodes and attribute values only.

const SVG = "http://www.w3.org/2000/svg";

// h("a", { class: "x", href: "#", onclick: f }, "text", child…): an element. `null` and `false` children are left out.
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

// Like `h`, for SVG.
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on") && typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...present(children));
  return node;
}

// Replaces all children of a node by these children.
export function put(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

const shown = new WeakMap();

// Calls `draw(node)` unless the node shows `what` already, so that focus and opened details stay as they are.
export function redraw(node, what, draw) {
  const text = JSON.stringify(what);
  if (shown.get(node) === text) return;
  shown.set(node, text);
  draw(node);
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

// A table that scrolls within the page, also by keyboard.
export function table(properties, ...children) {
  return h("div", { class: "scrolled", tabindex: "0" }, h("table", properties, ...children));
}

// A list of what could not be read or shown; nothing if there are no notes.
export function noteList(notes) {
  return notes.length > 0 && h("ul", { class: "notes" }, notes.map((note) => h("li", {}, note)));
}

// The short line that identifies a curve in a legend.
export function swatch(colour, dashed = false) {
  const node = h("i", { class: dashed ? "swatch dashed" : "swatch", "aria-hidden": "true" });
  node.style.color = colour;
  return node;
}

// The address of a page or of data: names and values are encoded.
export function address(path, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(pairs).toString();
  return text ? `${path}?${text}` : path;
}

export function runLink(id, others = []) {
  return address(`#/run/${encodeURIComponent(id)}`, { with: others.map(encodeURIComponent).join(",") });
}
