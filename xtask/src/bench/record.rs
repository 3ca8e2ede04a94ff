//! The record of a run: raw figures as JSON, and a page of tables.

use super::comparison::{Comparison, OURS, Spread, mean, median};
use super::machine::Machine;
use super::measure::{END_TO_END, Measured, START, Table};
use serde::Serialize;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Everything that a record holds.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    pub(super) date: String,
    pub(super) machine: Machine,
    /// The command that repeats it.
    pub(super) command: String,
    pub(super) rounds: usize,
    /// The rows that were to be measured.
    pub(super) asked: Vec<&'static str>,
    pub(super) rows: Vec<Measured>,
}

const METHOD: &str = "\
In every round each peer has its turn right after one of ours, and all processes stay alive between their turns. A turn is some steps, or all the images; its
figure is their median. **A ratio is a peer's figure over that of our turn right before it**: how many times faster we are. Tables give
`median (minimum–maximum)` over the turns. Nothing counts before three steps (Keras: two) and one turn. The networks are those of `recipes/pytorch-dcgan.toml` at
each row's sizes; that both sides' have equal numbers of parameters is checked.

A mode of PyTorch is words joined by `-`: `eager` is its DCGAN example as it stands (NCHW, default Adam); `fused` is Adam with `fused=True`; `cl` channels last; `frz` no
gradients for the discriminator's weights in the generator's step, which we do not compute either; `comp` torch.compile. The usual script is `fused` for
training, and `eager` for sampling. The best is the fastest, by median, **of the modes that the row tried**, which the table of networks lists: many in the
first row, elsewhere the usual script and the two that do the least work, with torch.compile and without.

PyTorch's reals are one constant batch of random numbers. Ours are fetched from the data set, which is in our memory too.
";

impl Record {
    /// Writes `raw.json` and `README.md`.
    ///
    /// # Errors
    ///
    /// They cannot be written.
    pub(super) fn write(&self, folder: &Path) -> Result<(), String> {
        let raw = serde_json::to_string(self).expect("a record is plain data") + "\n";
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(folder.join("raw.json"), raw))
            .and_then(|()| fs::write(folder.join("README.md"), self.page()))
            .map_err(|error| format!("error: the record cannot be written to {}: {error}", folder.display()))
    }

    fn page(&self) -> String {
        let mut page = format!("# {}: speed, in turns with PyTorch\n\n{}\n", self.date, self.machine.sentence());
        let _ = writeln!(page, "```sh\n{}\n```\n\nRounds: {}. {METHOD}", self.command, self.rounds);
        let left: Vec<&str> = self.asked[self.rows.len()..].to_vec();
        if !left.is_empty() {
            let _ = writeln!(page, "**Not complete**: not measured were {}.\n", left.join(", "));
        }
        let tables = [("In short", in_short(&self.rows)), ("Networks", networks(&self.rows))];
        let more = [("Operators", operators(&self.rows)), ("The program", program(&self.rows))];
        for (heading, table) in tables.into_iter().chain(more) {
            if !table.is_empty() {
                let _ = writeln!(page, "## {heading}\n\n{table}");
            }
        }
        page + &self.commands()
    }

    fn commands(&self) -> String {
        let mut text = "## Commands\n\nEach line of stdin is a turn: a number of steps or images, or `INDEX PASS` of an operator.\n".to_owned();
        for row in &self.rows {
            let _ = write!(text, "\n{}:\n\n```sh\n{}\n```\n", row.name, row.commands.join("\n"));
        }
        text + "\nAll figures: [raw.json](raw.json).\n"
    }
}

/// The comparisons of networks with PyTorch, and its usual script.
fn with_pytorch(rows: &[Measured]) -> impl Iterator<Item = (&Comparison, &'static str)> {
    rows.iter().filter_map(|row| match row.table {
        Table::Networks(Some(usual)) => Some((&row.comparisons[0], usual)),
        _ => None,
    })
}

fn in_short(rows: &[Measured]) -> String {
    let mut table = String::new();
    for (comparison, usual) in with_pytorch(rows) {
        let best = comparison.fastest_peer().unwrap_or(usual);
        let [to_usual, to_best] = [usual, best].map(|peer| ratio(comparison, peer, median));
        let _ = writeln!(table, "| {} | {to_usual} | {to_best} | `{best}` |", comparison.title);
    }
    headed("| work | PyTorch's usual script ÷ ours | PyTorch's best ÷ ours | which is |\n|---|---|---|---|\n", table)
}

fn networks(rows: &[Measured]) -> String {
    let mut table = String::new();
    for row in rows.iter().filter(|row| matches!(row.table, Table::Networks(_))) {
        let comparison = &row.comparisons[0];
        let ours = milliseconds(comparison, OURS, median);
        let ours = format!("| {} | ours | {ours} | 1 | {} |", row.title, mebibytes(comparison.peak_bytes(OURS)));
        let _ = writeln!(table, "{ours}");
        for peer in comparison.peers() {
            let (time, ratio) = (milliseconds(comparison, peer, median), ratio(comparison, peer, median));
            let _ = writeln!(table, "| | `{peer}` | {time} | {ratio} | {} |", mebibytes(comparison.peak_bytes(peer)));
        }
    }
    headed("| work | who | ms | ÷ ours | peak memory, MiB |\n|---|---|---|---|---|\n", table)
}

fn operators(rows: &[Measured]) -> String {
    let mut table = String::new();
    for comparison in rows.iter().filter(|row| row.table == Table::Operators).flat_map(|row| &row.comparisons) {
        let _ = write!(table, "| {} | {} |", comparison.title, milliseconds(comparison, OURS, median));
        for peer in comparison.peers() {
            let _ =
                write!(table, " {} | {} |", milliseconds(comparison, peer, median), ratio(comparison, peer, median));
        }
        table.push('\n');
    }
    let head = "A turn is one call, every operator after all the others. `64: 3-64 @64 4x4/2` is a layer of the networks for 64×64 images: 3 and 64 channels, \
                64×64 pixels, a 4×4 kernel with stride 2; `off` stands for the forms without strides.\n\n\
                | layer, pass | ours, ms | PyTorch NCHW, ms | ÷ ours | PyTorch channels last, ms | ÷ ours |\n|---|---|---|---|---|---|\n";
    headed(head, table)
}

fn program(rows: &[Measured]) -> String {
    let mut whole = String::new();
    let mut starts = String::new();
    for row in rows {
        for comparison in &row.comparisons {
            match row.table {
                Table::EndToEnd => {
                    let [bare, all] = [OURS, END_TO_END].map(|who| milliseconds(comparison, who, mean));
                    let _ = writeln!(
                        whole,
                        "| {} | {bare} | {all} | {} |",
                        comparison.title,
                        ratio(comparison, END_TO_END, mean)
                    );
                }
                Table::Start => {
                    let _ = writeln!(starts, "| {} | {} |", comparison.title, milliseconds(comparison, START, median));
                }
                Table::Networks(_) | Table::Operators => {}
            }
        }
    }
    let whole = headed(
        "The command from start to end (start, data, lines of stats, sheets, checkpoints, all as by default) over its steps, beside the loop alone; \
         means of all steps.\n\n| command | loop, ms a step | command, ms a step | ÷ loop |\n|---|---|---|---|\n",
        whole,
    );
    let starts = headed(
        "From the start of the process until the first step can begin: data read, networks made, first sheet and checkpoint written.\n\n\
         | command | ms |\n|---|---|\n",
        starts,
    );
    [whole, starts].into_iter().filter(|table| !table.is_empty()).collect::<Vec<_>>().join("\n")
}

fn headed(head: &str, rows: String) -> String {
    if rows.is_empty() { rows } else { head.to_owned() + &rows }
}

fn ratio(comparison: &Comparison, peer: &str, centre: fn(&[f64]) -> f64) -> String {
    let Spread { median, least, most } = Spread::of(&comparison.ratios(peer, centre));
    format!("**{median:.2}** ({least:.2}–{most:.2})")
}

fn milliseconds(comparison: &Comparison, who: &str, centre: fn(&[f64]) -> f64) -> String {
    let Spread { median, least, most } = Spread::of(&comparison.centres(who, centre));
    // Three digits, because such figures are not more precise than that.
    let digits = if median < 10.0 { 2 } else { usize::from(median < 100.0) };
    format!("{median:.digits$} ({least:.digits$}–{most:.digits$})")
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or("–".to_owned(), |bytes| (bytes >> 20).to_string())
}

#[cfg(test)]
mod tests {
    use super::super::comparison::Turn;
    use super::*;

    fn turn(round: usize, who: &str, time: f64) -> Turn {
        Turn { round, who: who.into(), times_ms: vec![time], peak_bytes: (who == OURS).then_some(3 << 20) }
    }

    fn record(asked: Vec<&'static str>) -> Record {
        let turns = [("fused", 300.0), ("cl", 220.0)].map(|(peer, time)| [turn(1, OURS, 100.0), turn(1, peer, time)]);
        let comparison = Comparison { title: "small".into(), turns: turns.concat() };
        let row = Measured {
            name: "small-row",
            title: "small",
            table: Table::Networks(Some("fused")),
            commands: vec!["PYTHON pytorch.py".into()],
            comparisons: vec![comparison],
        };
        let command = "cargo xtask bench".into();
        Record { date: "2026-01-02".into(), machine: Machine::default(), command, rounds: 1, asked, rows: vec![row] }
    }

    #[test]
    fn a_page_compares_with_the_usual_script_and_the_best() {
        let page = record(vec!["small-row"]).page();
        let short = "| small | **3.00** (3.00–3.00) | **2.20** (2.20–2.20) | `cl` |";
        assert!(page.lines().any(|line| line == short), "{page}");
        assert!(page.contains("\n| small | ours | 100 (100–100) | 1 | 3 |\n"), "{page}");
        assert!(page.contains("\n| | `fused` | 300 (300–300) | **3.00** (3.00–3.00) | – |\n"), "{page}");
        assert!(page.contains("PYTHON pytorch.py"));
        assert!(!page.contains("Not complete") && !page.contains("## Operators") && !page.contains("## The program"));
    }

    #[test]
    fn a_record_that_lacks_rows_says_so() {
        let page = record(vec!["small-row", "start", "operators"]).page();
        assert!(page.contains("**Not complete**: not measured were start, operators."), "{page}");
    }

    #[test]
    fn figures_have_three_digits() {
        let of =
            |time| milliseconds(&Comparison { title: String::new(), turns: vec![turn(1, OURS, time)] }, OURS, mean);
        assert_eq!([of(1.234), of(12.34), of(123.4)], ["1.23 (1.23–1.23)", "12.3 (12.3–12.3)", "123 (123–123)"]);
    }
}
