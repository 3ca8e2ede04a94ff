// Formats numbers and times.

import { NAMES } from "./catalogue.js";

const groups = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

// 128000 → "128,000"
export const count = (value) => (Number.isFinite(value) ? groups.format(value) : "–");

// 128000 → "128k"
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  for (const [unit, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (Math.abs(value) >= unit) return `${trimmed((value / unit).toPrecision(3))}${letter}`;
  }
  return trimmed(Number(value.toPrecision(3)).toString());
}

const trimmed = (text) => (text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text);

// A measured value in four digits.
export function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(2);
  return size >= 1000 ? value.toFixed(0) : trimmed(value.toPrecision(4));
}

// 3725 → "1 h 02 min"
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.round(seconds);
  const two = (part) => String(part).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

// A time in a short form, for an axis.
export function clock(seconds) {
  if (seconds < 60) return `${trimmed(seconds.toFixed(seconds < 10 ? 2 : 1))} s`;
  if (seconds < 3600) return `${trimmed((seconds / 60).toFixed(1))} min`;
  return `${trimmed((seconds / 3600).toFixed(2))} h`;
}

// "24 Nov 2026, 20:10"
export function date(unix) {
  return new Date(1000 * unix).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

export function ago(unix) {
  const seconds = Date.now() / 1000 - unix;
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 90) return "just now";
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export const named = (key) => NAMES[key] ?? String(key).replaceAll("_", " ");

const STATES = {
  running: "training", silent: "killed", finished: "finished", stopped: "stopped", diverged: "diverged", halted: "halted", unknown: "unknown",
};
export const state = (word) => STATES[word] ?? String(word);

// The number and the name in `00017-fashion-hacks`; the folders before it are the study.
export function nameParts(id) {
  const parts = String(id).split("/");
  const name = parts.pop();
  const match = /^(\d{5})-(.+)$/.exec(name);
  const above = parts.filter((part) => part !== "runs").join(" / ");
  return match ? { above, number: match[1], name: match[2] } : { above, number: "", name };
}

// The size and kind of images.
export const shape = ({ size, channels }) => (size === 1 ? "points" : `${size} px, ${channels === 1 ? "grey" : "colour"}`);

// The latest line of a metric as a name and a value.
export function metric(line) {
  if (typeof line.metric === "string") {
    const spread = Number.isFinite(line.deviation) ? ` ± ${number(line.deviation)}` : "";
    return { name: line.metric, value: number(line.value), spread, floor: Number.isFinite(line.floor) ? line.floor : null };
  }
  if (Number.isFinite(line.modes)) return { name: "modes", value: `${line.modes} of ${line.of}`, spread: "", floor: null };
  const [key, value] = Object.entries(line).find(([key, value]) => key !== "images" && Number.isFinite(value)) ?? ["", NaN];
  return { name: named(key), value: number(value), spread: "", floor: null };
}
