// The commands that continue, repeat or use a run.

import { h } from "./dom.js";
import { folder } from "./live.js";

// A word of a shell's command, quoted if it has to be.
export const quoted = (word) => (/^[\w.,:=@%+/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

// The path of a run or a study, as an argument of a command.
export const placeOf = (id) => quoted(`${folder.name ? `${folder.name.replace(/\/$/, "")}/` : ""}${id}`);

// A link that downloads `text` as a file.
export function download(name, text) {
  return h("a", { class: "download", download: name, href: `data:text/plain;charset=utf-8,${encodeURIComponent(text)}` }, name);
}

// A list of commands, made from lines of [command, what it does].
export function commandList(lines) {
  return h("dl", { class: "commands" }, lines.map(([command, does]) => h("div", {}, h("dt", {}, h("code", {}, command)), h("dd", {}, does))));
}

export function runCommands(run) {
  const place = placeOf(run.id);
  const more = run.of ? ` --images ${2 * run.of}` : "";
  const source = run.data?.source;
  return commandList([
    [`steadygan train ${place}/recipe.toml`, "trains it once more: the same seed gives the same run on the same machine"],
    run.state === "finished" ? [`steadygan resume ${place}${more}`, "goes on for as long again"] : [`steadygan resume ${place}`, "goes on from its last checkpoint"],
    [`steadygan generate ${place} --count 64 --out sheet.png`, "draws images with its generator"],
    source && [`steadygan evaluate ${place} --against ${quoted(source)}`, "measures them against its data"],
  ].filter(Boolean));
}
