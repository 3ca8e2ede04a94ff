//! `steadygan report`: a run or a study in words and as a page. `steadygan findings`: what the doctor looks for.

use crate::arguments::{Options, Report};
use crate::console::{answer, finding_text, say};
use crate::study_table::results_table;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use steadygan::diagnose::{FindingCard, cards};
use steadygan::files::{require_ending, require_free};
use steadygan::pictures::progress::write_progress;
use steadygan::run::{RunReport, require_outside_data};
use steadygan::{Error, Result};
use steadygan_dash::{DashboardError, curves_svg, report_run, report_study};
use steadygan_run::{RunDirectory, Severity, StudyDirectory, is_regular, write_atomically};
use steadygan_study::Study;

/// Bytes in a kibibyte.
const KIB: usize = 1 << 10;

pub(crate) fn report(arguments: &Report, options: &Options) -> Result<ExitCode> {
    let is_study = is_regular(&StudyDirectory::new(&arguments.run).record());
    if is_study && (arguments.gif || arguments.svg) {
        return Err(Error::recipe(
            "--gif and --svg show one run",
            "name a run's folder; those of a study are in its `runs`",
        ));
    }
    let named = arguments.out.as_deref().map(|page| Outputs::beside(page, arguments)).transpose()?;
    let (mut object, text, file, page) = if is_study { of_study(&arguments.run)? } else { of_run(&arguments.run)? };
    let run = RunDirectory::open(&arguments.run);
    let own = |path: fn(&RunDirectory) -> PathBuf| run.as_ref().map(path).unwrap_or_default();
    let Outputs { page: file, curves, sheets } = named.unwrap_or_else(|| Outputs {
        page: file,
        curves: own(RunDirectory::plots),
        sheets: own(RunDirectory::progress),
    });
    if arguments.gif
        && let Ok(run) = &run
    {
        require_outside_data(run, &sheets)?;
    }
    write_atomically(&file, page.html.as_bytes())?;
    let size = page.html.len().div_ceil(KIB);
    let say = |text: String| {
        if !options.quiet {
            say(&text);
        }
    };
    say(format!("the page has {} of {} sheets, in {size} KiB", page.sheets, page.sheets_written));
    if arguments.svg {
        let run = RunDirectory::open(&arguments.run)?;
        let nothing = || Error::data("the run has no numbers yet", "they come every train.stats-every images");
        let svg = curves_svg(&run).map_err(refused)?.ok_or_else(nothing)?;
        write_atomically(&curves, svg.as_bytes())?;
        object["plots"] = json!(curves.display().to_string());
        say(format!("{} has its curves", curves.display()));
    }
    if arguments.gif {
        let run = RunDirectory::open(&arguments.run)?;
        let shown = write_progress(&run, &sheets)?;
        object["animation"] = json!(sheets.display().to_string());
        say(format!("{} shows {shown} sheets one after the other", sheets.display()));
    }
    let file = file.display().to_string();
    answer(&if options.json {
        object["report"] = json!(file);
        object.to_string()
    } else {
        format!("{}\n\n{file}", text.trim_end())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Where the parts of a report go.
struct Outputs {
    page: PathBuf,
    curves: PathBuf,
    sheets: PathBuf,
}

impl Outputs {
    /// The outputs whose page the user named; an error if one that will be written is there already.
    fn beside(page: &Path, arguments: &Report) -> Result<Self> {
        require_ending(page, &["html"], "a report's name ends in .html: --out FILE.html")?;
        let outputs =
            Self { page: page.to_owned(), curves: page.with_extension("svg"), sheets: page.with_extension("gif") };
        let written = [(&outputs.page, true), (&outputs.curves, arguments.svg), (&outputs.sheets, arguments.gif)];
        for (path, _) in written.iter().filter(|(_, is_written)| *is_written) {
            require_free(path, arguments.overwrite.is_asked())?;
        }
        Ok(outputs)
    }
}

/// The report of a run or a study: as JSON, in words, the path of its page, and the page.
type ReportParts = (Value, String, PathBuf, steadygan_dash::Report);

fn of_run(path: &Path) -> Result<ReportParts> {
    let report = RunReport::of(path)?;
    let run = RunDirectory::open(path)?;
    let findings = report.findings.iter().map(|finding| json!(finding)).collect();
    let page = report_run(&run, findings).map_err(refused)?;
    Ok((json!(report), in_words(&report), run.report(), page))
}

fn of_study(path: &Path) -> Result<ReportParts> {
    let study = StudyDirectory::new(path);
    let page = report_study(path).map_err(refused)?;
    // A record that this program cannot read still has a page, but no table.
    let results = Study::record_of(&study).map_or_else(|_| String::new(), |record| results_table(&record));
    let text = format!("{}: {}\n\n{results}", path.display(), page.outcome);
    Ok((json!({ "says": page.outcome }), text, study.report(), page))
}

/// Writes the page of a study that has results.
pub(crate) fn write_study_page(study: &StudyDirectory) -> Result<()> {
    let page = report_study(study.path()).map_err(refused)?;
    Ok(write_atomically(&study.report(), page.html.as_bytes())?)
}

fn refused(error: DashboardError) -> Error {
    Error::recipe(error.to_string(), error.hint())
}

fn in_words(report: &RunReport) -> String {
    let RunReport { name, outcome, findings, open, .. } = report;
    let mut text = format!("{name}: {outcome}\n");
    if findings.is_empty() {
        return text + "nothing looked unhealthy\n";
    }
    for finding in findings {
        text += &format!("\n{}\n", finding_text(finding));
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
    let all: Vec<&FindingCard> = cards().collect();
    let shown: Vec<&FindingCard> =
        all.iter().copied().filter(|card| name.is_none_or(|name| name == card.name)).collect();
    if let (true, Some(name)) = (shown.is_empty(), name) {
        let hint = "`steadygan findings` lists all";
        return Err(Error::recipe(format!("there is no finding `{name}`"), hint));
    }
    answer(&if options.json {
        serde_json::json!(shown).to_string()
    } else {
        let text = |card: &&FindingCard| format!("{}\n  {}\n  {}\n", card.name, card.looks_for, card.means);
        shown.iter().map(text).collect::<String>()
    })?;
    Ok(ExitCode::SUCCESS)
}
