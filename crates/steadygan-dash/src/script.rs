//! Joins the pages' modules into one script, because a browser loads no modules into a page that is opened as a file.

use crate::assets;
use std::fmt::Write as _;

/// A module's name among [`assets`], without the slash.
type Name<'a> = &'a str;

/// The module `entry` and all modules that it imports, as one script. Each module becomes a function that is called
/// once, after the functions of the modules that it imports. The function returns the module's exports.
pub(crate) fn joined(entry: Name) -> String {
    let mut script = String::from("(async () => {\n\"use strict\";\nconst modules = {};\n");
    add(entry, &mut Vec::new(), &mut script);
    script + "})();\n"
}

fn add(name: Name, added: &mut Vec<String>, script: &mut String) {
    if added.iter().any(|known| known == name) {
        return;
    }
    added.push(name.to_owned());
    let text = text(name);
    let mut body = String::with_capacity(text.len());
    let mut exported = Vec::new();
    for line in text.lines() {
        if let Some((names, from)) = import(line) {
            add(from, added, script);
            let _ = writeln!(body, "const {names} = modules[\"{from}\"];");
        } else if let Some((declared, rest)) = export(line) {
            exported.push(declared);
            let _ = writeln!(body, "{rest}");
        } else {
            let _ = writeln!(body, "{line}");
        }
    }
    let _ = writeln!(
        script,
        "modules[\"{name}\"] = await (async () => {{\n{body}return {{ {} }};\n}})();",
        exported.join(", ")
    );
}

fn text(name: Name) -> &'static str {
    let asset = assets::find(&format!("/{name}"));
    asset.and_then(|asset| std::str::from_utf8(asset.content).ok()).unwrap_or_default()
}

/// Splits `import { a, b } from "./x.js";` into (`{ a, b }`, `x.js`) and `import * as a from "./x.js";` into (`a`,
/// `x.js`).
fn import(line: &str) -> Option<(&str, Name<'_>)> {
    let (names, from) = line.strip_prefix("import ")?.split_once(" from \"./")?;
    Some((names.strip_prefix("* as ").unwrap_or(names), from.strip_suffix("\";")?))
}

/// Splits `export function f() {` into (`f`, `function f() {`).
fn export(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("export ")?;
    let declared = rest.strip_prefix("async ").unwrap_or(rest);
    let (_, name) = declared.split_once(' ')?;
    Some((name.split(|character: char| !character.is_alphanumeric()).next()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_and_exports_are_taken_apart() {
        assert_eq!(import("import { h, put } from \"./dom.js\";"), Some(("{ h, put }", "dom.js")));
        assert_eq!(import("import * as format from \"./format.js\";"), Some(("format", "format.js")));
        assert_eq!(import("imported(1);"), None);
        assert_eq!(export("export const count = (value) => 1;"), Some(("count", "const count = (value) => 1;")));
        assert_eq!(export("export async function get(path) {"), Some(("get", "async function get(path) {")));
        assert_eq!(export("export class Curves {"), Some(("Curves", "class Curves {")));
    }

    /// Every module is in the script once, after the modules that it imports, and no `import` or `export` is left.
    #[test]
    fn the_pages_are_one_script() {
        let script = joined("main.js");
        assert!(!script.lines().any(|line| line.starts_with("import ") || line.starts_with("export ")));
        for asset in ["dom.js", "source.js", "live.js", "run.js", "study.js", "main.js"] {
            let begin = script.find(&format!("modules[\"{asset}\"] = ")).unwrap();
            assert_eq!(script.matches(&format!("modules[\"{asset}\"] = ")).count(), 1, "{asset}");
            let used = script.find(&format!("= modules[\"{asset}\"];")).unwrap_or(usize::MAX);
            assert!(begin < used, "{asset} is used before it is there: modules import each other in a circle");
        }
    }
}
