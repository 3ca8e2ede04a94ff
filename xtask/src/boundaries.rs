//! What the crates must not depend on and must not do (ARCHITECTURE.md).

mod floors;

use crate::cargo;
use std::fs;
use std::path::{Path, PathBuf};

/// One boundary.
struct Rule {
    says: &'static str,
    /// The places that break it.
    violations: fn(&Path) -> Result<Vec<String>, String>,
}

const RULES: &[Rule] = &[
    Rule {
        says: "steadygan-kernels depends on no Burn and on nothing else of ours",
        violations: |root| dependencies(root, "steadygan-kernels", ANY_DEPTH, &[BURN, OURS]),
    },
    Rule {
        says: "steadygan-run depends on no tensors, no HTTP, no clap and on nothing else of ours",
        violations: |root| dependencies(root, "steadygan-run", ANY_DEPTH, &[BURN, TENSORS, HTTP, CLAP, OURS]),
    },
    Rule {
        says: "steadygan-base depends on no Burn, no image decoders and on nothing else of ours but steadygan-run",
        violations: |root| {
            dependencies(root, "steadygan-base", ANY_DEPTH, &[BURN, IMAGES, COMPUTING, ABOVE_BASE, HTTP, CLAP])
        },
    },
    Rule {
        says: "steadygan-data depends on no Burn, no networks and no metrics",
        violations: |root| dependencies(root, "steadygan-data", ANY_DEPTH, &[BURN, &["steadygan-kernels"], ABOVE_DATA]),
    },
    Rule {
        says: "steadygan-metrics depends on no Burn and on none of our networks",
        violations: |root| dependencies(root, "steadygan-metrics", ANY_DEPTH, &[BURN, ABOVE_METRICS]),
    },
    Rule {
        says: "steadygan-nn depends on nothing of ours but steadygan-base and steadygan-kernels, and reads no TOML by itself",
        violations: |root| {
            let mut found = dependencies(root, "steadygan-nn", ANY_DEPTH, &[IMAGES, &["steadygan-data"], ABOVE_DATA])?;
            found.extend(dependencies(root, "steadygan-nn", 1, &[&["toml"]])?);
            Ok(found)
        },
    },
    Rule {
        says: "steadygan depends on no HTTP, no clap and not on steadygan-study",
        violations: |root| dependencies(root, "steadygan", ANY_DEPTH, &[HTTP, CLAP, &["steadygan-study"]]),
    },
    Rule {
        says: "steadygan-study depends on Burn through the library only, on no HTTP and no clap",
        violations: |root| {
            let mut found = dependencies(root, "steadygan-study", ANY_DEPTH, &[HTTP, CLAP])?;
            found.extend(dependencies(root, "steadygan-study", 1, &[BURN])?);
            Ok(found)
        },
    },
    Rule { says: "the folders of steadygan import downwards only", violations: floors::violations },
    Rule {
        says: "the library crates print nothing",
        violations: |root| {
            let found: Result<Vec<_>, _> =
                LIBRARIES.iter().map(|name| prints(root, &format!("crates/{name}/src"))).collect();
            Ok(found?.concat())
        },
    },
    Rule {
        says: "steadygan-dash depends on no Burn, no tensors, no clap and on nothing else of ours but steadygan-run",
        violations: |root| {
            dependencies(
                root,
                "steadygan-dash",
                ANY_DEPTH,
                &[BURN, TENSORS, CLAP, COMPUTING, &["steadygan-base"], ABOVE_BASE],
            )
        },
    },
    Rule {
        says: "steadygan-cli depends on Burn through the library only",
        violations: |root| dependencies(root, "steadygan-cli", 1, &[BURN]),
    },
    Rule { says: "unsafe is forbidden outside steadygan-kernels", violations: |root| allows_unsafe(root) },
];

/// The crates that are libraries for other programs.
const LIBRARIES: [&str; 6] =
    ["steadygan-base", "steadygan-data", "steadygan-nn", "steadygan-metrics", "steadygan", "steadygan-study"];

/// Families of packages: `burn` stands for `burn` and everything named `burn-…`.
type Families = &'static [&'static str];
const BURN: Families = &["burn", "cubecl"];
const TENSORS: Families = &["candle", "nalgebra", "ndarray", "tch"];
const HTTP: Families = &[
    "actix",
    "attohttpc",
    "axum",
    "curl",
    "h2",
    "http",
    "hyper",
    "isahc",
    "minreq",
    "reqwest",
    "rouille",
    "tiny_http",
    "ureq",
    "warp",
];
const CLAP: Families = &["clap"];
const OURS: Families = &["steadygan"];
/// Image decoders.
const IMAGES: Families = &["image", "png", "fast_image_resize"];
/// Our kernels, our embedded networks, and our program.
const COMPUTING: Families = &["steadygan-assets", "steadygan-cli", "steadygan-kernels"];
/// Our crates above steadygan-base.
const ABOVE_BASE: Families = &["steadygan-data", "steadygan-nn", "steadygan-metrics", "steadygan-study"];
/// Our crates above steadygan-data, and beside it.
const ABOVE_DATA: Families = &["steadygan-nn", "steadygan-metrics", "steadygan-study"];
/// Our crates above steadygan-metrics, and beside it.
const ABOVE_METRICS: Families = &["steadygan-nn", "steadygan-study"];

const ANY_DEPTH: usize = usize::MAX;

/// Checks every rule and prints a line for each.
///
/// # Errors
///
/// A rule is broken, or Cargo or a file cannot be read.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let mut broken = 0;
    for rule in RULES {
        let violations = (rule.violations)(root)?;
        println!("{:<8} {}", if violations.is_empty() { "ok" } else { "violated" }, rule.says);
        for violation in &violations {
            println!("         {violation}");
        }
        broken += usize::from(!violations.is_empty());
    }
    match broken {
        0 => Ok(()),
        broken => Err(format!("error: {broken} of {} boundaries are violated", RULES.len())),
    }
}

/// The paths from `package` to dependencies of the families, at most `depth` steps away.
fn dependencies(root: &Path, package: &str, depth: usize, families: &[Families]) -> Result<Vec<String>, String> {
    let arguments = ["tree", "--locked", "--package", package, "--edges", "normal,build", "--prefix", "depth"];
    let tree = cargo::output(root, &arguments)?;
    Ok(paths_into(&tree, depth, &families.concat()))
}

/// The paths to members of the families, in a tree of lines like `2serde_core v1.0.0`, where the number is the depth.
fn paths_into(tree: &str, depth: usize, families: &[&str]) -> Vec<String> {
    let mut path: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for line in tree.lines() {
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(at) = line[..digits].parse::<usize>() else { continue };
        let name = line[digits..].split(' ').next().unwrap_or_default();
        path.truncate(at);
        path.push(name);
        if (1..=depth).contains(&at) && families.iter().any(|family| belongs(name, family)) {
            found.push(path.join(" → "));
        }
    }
    found
}

fn belongs(name: &str, family: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

/// The lines of code under `folder` that print, unit tests included.
fn prints(root: &Path, folder: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for file in rust_files(&root.join(folder))? {
        let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        for (number, line) in printing_lines(&read(&file)?) {
            found.push(format!("{shown}:{number}: {}", line.trim()));
        }
    }
    Ok(found)
}

/// The numbers, from 1, and the texts of the lines that print. Comments may contain examples that print.
fn printing_lines(code: &str) -> Vec<(usize, &str)> {
    let prints = |line: &str| ["print!(", "println!(", "dbg!("].iter().any(|call| line.contains(call));
    let lines = code.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//") && prints(line)).collect()
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// The manifests of packages that do not take the workspace's lints, which forbid `unsafe`. The compiler enforces the
/// lints, and nothing inside a crate can lift a `forbid`.
fn allows_unsafe(root: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    if !read(&root.join("Cargo.toml"))?.lines().any(|line| line == "unsafe_code = \"forbid\"") {
        found.push("Cargo.toml: no `unsafe_code = \"forbid\"` under [workspace.lints.rust]".to_owned());
    }
    let packages = entries(&root.join("crates"))?.into_iter().chain([root.join("xtask")]);
    for package in packages.filter(|package| !package.ends_with("steadygan-kernels")) {
        let manifest = package.join("Cargo.toml");
        if manifest.exists() && !takes_the_workspaces_lints(&read(&manifest)?) {
            let shown = manifest.strip_prefix(root).unwrap_or(&manifest).display();
            found.push(format!("{shown}: no `workspace = true` under [lints]"));
        }
    }
    Ok(found)
}

fn takes_the_workspaces_lints(manifest: &str) -> bool {
    let mut section = manifest.lines().skip_while(|line| *line != "[lints]").skip(1);
    section.by_ref().take_while(|line| !line.starts_with('[')).any(|line| line == "workspace = true")
}

/// The paths in a folder, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("error: {} cannot be read: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect::<Result<Vec<_>, String>>()?;
    paths.sort();
    Ok(paths)
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("error: {} cannot be read: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "0ours v0.1.0 (a path)\n1serde v1.0.0\n2burner v0.1.0\n1middle v0.2.0\n2burn-core v0.22.1\n\
                        3http v1.4.0\n1burn v0.22.1 (*)\n";

    #[test]
    fn a_forbidden_dependency_is_named_with_the_way_to_it() {
        let found = paths_into(TREE, ANY_DEPTH, &["burn", "http"]);
        assert_eq!(found, ["ours → middle → burn-core", "ours → middle → burn-core → http", "ours → burn"]);
        assert_eq!(paths_into(TREE, 1, &["burn", "http"]), ["ours → burn"]);
    }

    #[test]
    fn a_package_is_no_dependency_of_itself() {
        assert!(paths_into(TREE, ANY_DEPTH, &["ours"]).is_empty());
    }

    #[test]
    fn code_prints_and_comments_do_not() {
        let code = "/// println!(\"shown\");\nfn f() {\n    eprintln!(\"said\");\n    write!(out, \"\");\n}\n";
        assert_eq!(printing_lines(code), [(3, "    eprintln!(\"said\");")]);
    }

    #[test]
    fn lints_count_only_under_their_own_heading() {
        assert!(takes_the_workspaces_lints("[package]\n\n[lints]\nworkspace = true\n"));
        assert!(!takes_the_workspaces_lints("[lints]\n\n[dependencies]\nworkspace = true\n"));
        assert!(!takes_the_workspaces_lints("[lints.rust]\nworkspace = true\n"));
    }
}
