//! The pages that are generated from the cards of heuristics and findings, which the program prints.

use crate::{cargo, planted};
use serde::Deserialize;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

const PAGE: &str = "docs/heuristics.md";
const FINDINGS_PAGE: &str = "docs/findings.md";
const README: &str = "README.md";
const BEGIN: &str = "<!-- heuristics:begin -->";
const END: &str = "<!-- heuristics:end -->";

const INTRODUCTION: &str = "\
<!-- Written by `cargo xtask docs` from the cards in crates/steadygan/src/heuristics/: change those. -->

# The heuristics

Each one is a switch: `--with NAME` and `--without NAME` on the command line, `NAME = true`, `false` or a table of settings under
`[heuristics]` in a recipe. The recipe line below spells out every setting at its default.

Evidence is *strong* after several controlled studies, *moderate* after one good study or ablation, *weak* if it is its authors' word or
folklore, and *against* where published experiments do better without. Two that cannot be together are refused, naming both.

`cargo run --release --example NAME`, with underscores for the name's hyphens, shows the piece behind each of the first eleven alone, as
another training loop would use it. Costs are ratios of time for an image and of peak memory, measured in turns with and without the heuristic, the rest of
the run being preset `dcgan` on the embedded images; where and how stands in the head of [costs.tsv](../crates/steadygan/src/heuristics/costs.tsv). [ganhacks.md](ganhacks.md) has the recipe line for each tip of ganhacks.

";

const FINDINGS: &str = "\
<!-- Written by `cargo xtask docs` from the cards in crates/steadygan/src/diagnose/: change those. -->

# What the doctor looks for

While a run trains, the doctor looks at every line of `stats.jsonl` and says what looks unhealthy as it begins, gets more severe and is over: on the
console, in `findings.jsonl` and in `log.txt`. `steadygan report RUN` tells the same of a run that has ended, `steadygan findings` what is on this page.

Each finding says what is seen with its numbers, since when, what it means, and up to three things to try, as arguments that fit the run's recipe: a
heuristic that is on already or that cannot be together with one that is on is not advised. **Severe** is for a run that will not recover by itself
or whose result is of no use; the rest are warnings. Nothing is changed by a finding, unless the recipe says so:

```toml
[train]
on-severe = \"warn\"       # go on · \"stop\": stop after the step, exit code 3 · \"rollback\": stop, and make the best checkpoint the latest
```

A run that was stopped so is resumed like any other, from its latest checkpoint; a finding that was told already does not halt it again. One that was rolled back trains to the
same bits when it is resumed, meets the same finding and is rolled back again: start a new run from its weights (`export`, then `train --init`) with what the finding advises.

A round is the discriminator's steps and the generator's; what has to last for so many rounds has to do so on three lines of stats at least.

";

/// The card of a finding, as the program prints it.
#[derive(Debug, Deserialize)]
struct Finding {
    name: String,
    looks_for: String,
    means: String,
    symptom_of: Vec<String>,
}

/// The page of findings, with the results of runs with planted failures.
fn findings(root: &Path, program: &Path) -> Result<String, String> {
    let list = cargo::output_of(Command::new(program).args(["findings", "--json"]))?;
    let cards: Vec<Finding> = serde_json::from_str(&list)
        .map_err(|error| format!("error: `steadygan findings --json` does not list cards: {error}"))?;
    let mut text = FINDINGS.to_owned();
    for Finding { name, looks_for, means, symptom_of } in cards {
        let _ = write!(text, "## {name}\n\n{means}\n\n* **Looked for**: {looks_for}\n");
        if !symptom_of.is_empty() {
            let causes: Vec<String> = symptom_of.iter().map(|cause| format!("[`{cause}`](#{cause})")).collect();
            let _ = writeln!(text, "* **Not severe** while one of these is: {}", causes.join(", "));
        }
        text.push('\n');
    }
    let tables = planted::tables(root)?;
    let _ = write!(
        text,
        "## How often it is right\n\nOn runs with a planted failure, and on healthy runs ([how](../{}/README.md)):\n\n{tables}",
        planted::RECORD
    );
    Ok(text.trim_end().to_owned() + "\n")
}

/// The card of a heuristic, as the program prints it.
#[derive(Debug, Deserialize)]
struct Card {
    name: String,
    topic: String,
    claim: String,
    without: String,
    formula: String,
    default: String,
    source: String,
    evidence: String,
    conflicts: Vec<Conflict>,
    /// What it costs, in words, if it was measured.
    #[serde(skip)]
    cost: Option<String>,
    /// The line that turns it on with every setting spelled out; not in the program's list.
    #[serde(default)]
    recipe: String,
}

/// A heuristic that conflicts with a card's heuristic.
#[derive(Debug, Deserialize)]
struct Conflict {
    with: String,
    why: String,
}

/// Writes the two pages and the README's table.
///
/// # Errors
///
/// The program cannot be built or run, or a file cannot be written.
pub(crate) fn write(root: &Path) -> Result<(), String> {
    for (file, text) in documents(root)? {
        let written = fs::write(root.join(file), text);
        written.map_err(|error| format!("error: {file} cannot be written: {error}"))?;
        println!("wrote {file}");
    }
    Ok(())
}

/// Compares the two pages and the README's table with the cards.
///
/// # Errors
///
/// They differ, or the program or a file cannot be read.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    for (file, text) in documents(root)? {
        if fs::read_to_string(root.join(file)).unwrap_or_default() != text {
            return Err(format!("error: {file} is not what the cards say\nhint: run `cargo xtask docs`"));
        }
        println!("ok       {file}");
    }
    Ok(())
}

/// The files and what they should hold.
fn documents(root: &Path) -> Result<[(&'static str, String); 3], String> {
    let readme = fs::read_to_string(root.join(README));
    let readme = readme.map_err(|error| format!("error: {README} cannot be read: {error}"))?;
    // Built as `cargo build --release` does.
    let program = cargo::program(root, "steadygan-cli")?;
    let cards = cards(&program)?;
    let findings = findings(root, &program)?;
    Ok([(PAGE, page(&cards)), (FINDINGS_PAGE, findings), (README, with_table(&readme, &families(&cards))?)])
}

/// Reads the heuristics' cards from the program.
fn cards(program: &Path) -> Result<Vec<Card>, String> {
    let list = cargo::output_of(Command::new(program).args(["heuristics", "--json"]))?;
    let mut cards: Vec<Card> = serde_json::from_str(&list)
        .map_err(|error| format!("error: `steadygan heuristics --json` does not list cards: {error}"))?;
    for card in &mut cards {
        let rows = cargo::output_of(Command::new(program).args(["heuristics", &card.name]))?;
        let row = |name: &str| {
            let row = rows.lines().find_map(|row| row.trim_start().strip_prefix(name)?.strip_prefix(' '));
            row.map(|cell| cell.trim().to_owned())
        };
        card.cost = row("cost");
        let recipe = row("recipe");
        card.recipe =
            recipe.ok_or_else(|| format!("error: `steadygan heuristics {}` has no row `recipe`", card.name))?;
    }
    Ok(cards)
}

fn page(cards: &[Card]) -> String {
    let sections: String = cards.iter().map(section).collect();
    format!("{INTRODUCTION}{}{sections}", table(cards))
}

/// One line per topic, with links to its heuristics' sections of the page.
fn families(cards: &[Card]) -> String {
    let mut names: Vec<(&str, Vec<String>)> = Vec::new();
    for Card { name, topic, .. } in cards {
        let link = format!("[`{name}`]({PAGE}#{name})");
        match names.iter_mut().find(|(known, _)| known == topic) {
            Some((_, links)) => links.push(link),
            None => names.push((topic, vec![link])),
        }
    }
    let lines = names.iter().map(|(topic, links)| format!("| {topic} | {} |\n", links.join(" · ")));
    format!("| | |\n|---|---|\n{}", lines.collect::<String>())
}

/// One line per heuristic, with a link to its section of this page.
fn table(cards: &[Card]) -> String {
    let mut text = "| Heuristic | What it is said to do | Without it | Evidence |\n|---|---|---|---|\n".to_owned();
    for Card { name, claim, without, evidence, .. } in cards {
        let [claim, without] = [claim, without].map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| [`{name}`](#{name}) | {claim} | {without} | {evidence} |");
    }
    text
}

fn section(card: &Card) -> String {
    let Card { name, topic, claim, without, formula, default, source, evidence, cost, recipe, conflicts } = card;
    let conflicts =
        conflicts.iter().map(|Conflict { with, why }| format!("* **Not with** [`{with}`](#{with}): {why}\n"));
    let conflicts: String = conflicts.collect();
    let cost = cost.as_ref().map(|cost| format!("* **Cost**: {cost}\n")).unwrap_or_default();
    format!(
        "\n## {name}\n\n{claim}\n\n\
         * **Topic**: {topic}\n\
         * **Without it**: {without}\n\
         * **Formula**: {formula}\n\
         * **Default**: {default}\n\
         * **Source**: {source}\n\
         * **Evidence**: {evidence}\n{cost}{conflicts}\n\
         ```toml\n[heuristics]\n{recipe}\n```\n"
    )
}

/// The README with `table` between its markers.
fn with_table(readme: &str, table: &str) -> Result<String, String> {
    let missing =
        || format!("error: {README} does not have the lines\n{BEGIN}\n{END}\nhint: they hold the table's place");
    let (before, rest) = readme.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        let text = r#"{ "name": "soft", "topic": "labels", "claim": "Keeps |x| small.", "without": "Hard labels.",
            "formula": "x", "default": "y", "source": "z", "evidence": "weak",
            "conflicts": [{ "with": "hard", "why": "one of them", "instead": "" }] }"#;
        Card {
            cost: Some("no time".to_owned()),
            recipe: "soft = { real = 0.9 }".to_owned(),
            ..serde_json::from_str(text).expect("a card")
        }
    }

    #[test]
    fn the_table_links_into_the_page() {
        let row = "| [`soft`](#soft) | Keeps \\|x\\| small. | Hard labels. | weak |";
        assert_eq!(table(&[card()]).lines().last(), Some(row));
        let row = "| labels | [`soft`](docs/heuristics.md#soft) · [`soft`](docs/heuristics.md#soft) |";
        assert_eq!(families(&[card(), card()]).lines().last(), Some(row));
        assert!(page(&[card()]).contains("* **Not with** [`hard`](#hard): one of them\n"));
        assert!(page(&[card()]).contains("\n## soft\n"));
        assert!(page(&[card()]).contains("\n[heuristics]\nsoft = { real = 0.9 }\n"));
    }

    #[test]
    fn the_readme_keeps_everything_outside_its_markers() {
        let readme = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let written = with_table(&readme, "new\n").expect("markers");
        assert_eq!(written, format!("before\n{BEGIN}\nnew\n{END}\nafter\n"));
        assert_eq!(with_table(&written, "new\n").as_ref(), Ok(&written));
    }

    #[test]
    fn a_readme_without_markers_is_an_error_that_shows_them() {
        for readme in ["", BEGIN, END] {
            let error = with_table(readme, "").expect_err("no markers");
            assert!(error.contains(BEGIN) && error.contains(END), "{error}");
        }
    }
}
