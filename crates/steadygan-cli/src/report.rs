//! How runs went, and what the doctor looks for.

use crate::arguments::{Options, Report};
use crate::console::{answer, told};
use std::process::ExitCode;
use steadygan::diagnose::{Card, cards};
use steadygan::run::RunReport;
use steadygan::{Error, Result};
use steadygan_run::Severity;

pub(crate) fn report(arguments: &Report, options: &Options) -> Result<ExitCode> {
    let report = RunReport::of(&arguments.run)?;
    answer(&if options.json { serde_json::json!(report).to_string() } else { in_words(&report) });
    Ok(ExitCode::SUCCESS)
}

fn in_words(report: &RunReport) -> String {
    let RunReport { name, outcome, findings, open, .. } = report;
    let mut text = format!("{name}: {outcome}\n");
    if findings.is_empty() {
        return text + "nothing looked unhealthy\n";
    }
    for finding in findings {
        text += &format!("\n{}\n", told(finding));
    }
    let of = |severity| {
        let names = open.iter().filter(|(_, open)| *open == severity).map(|(name, _)| name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    for severity in [Severity::Severe, Severity::Warning, Severity::Note] {
        let names = of(severity);
        if !names.is_empty() {
            text += &format!("\nstill there at the end, {severity}: {names}");
        }
    }
    text
}

pub(crate) fn findings(name: Option<&str>, options: &Options) -> Result<ExitCode> {
    let all: Vec<&Card> = cards().collect();
    let shown: Vec<&Card> = all.iter().copied().filter(|card| name.is_none_or(|name| name == card.name)).collect();
    if let (true, Some(name)) = (shown.is_empty(), name) {
        let hint = "`steadygan findings` lists all";
        return Err(Error::recipe(format!("there is no finding `{name}`"), hint));
    }
    answer(&if options.json {
        serde_json::json!(shown).to_string()
    } else {
        let text = |card: &&Card| format!("{}\n  {}\n  {}\n", card.name, card.looks_for, card.means);
        shown.iter().map(text).collect::<String>()
    });
    Ok(ExitCode::SUCCESS)
}
