//! The process that draws images for the dashboard: a question a line on stdin, answers on stdout, until stdin ends.
//!
//! A question is the JSON of [`Ask`]. An answer is a line of JSON, `{"bytes": N, "facts": …}` or `{"error": …, "hint": …}`,
//! and then the N bytes of a PNG.

use crate::arguments::SampleWorker;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;
use steadygan::explore::{Ask, Explorer};
use steadygan::report::sheet::encode_png;
use steadygan::{Error, Result};

/// How long a question may be, in bytes.
const MAX_QUESTION: u64 = 4096;

pub(crate) fn sample_worker(arguments: &SampleWorker) -> Result<ExitCode> {
    // An error is that whoever asked has gone.
    let _ = converse(&mut Explorer::new(&arguments.run));
    Ok(ExitCode::SUCCESS)
}

fn converse(explorer: &mut Explorer) -> io::Result<()> {
    let mut questions = io::stdin().lock();
    let mut answers = io::stdout().lock();
    let mut line = String::new();
    while questions.by_ref().take(MAX_QUESTION).read_line(&mut line)? > 0 {
        let (head, picture) = answered(explorer, &line).unwrap_or_else(|error| {
            (serde_json::json!({ "error": error.to_string(), "hint": error.hint() }), Vec::new())
        });
        writeln!(answers, "{head}")?;
        answers.write_all(&picture)?;
        answers.flush()?;
        line.clear();
    }
    Ok(())
}

fn answered(explorer: &mut Explorer, line: &str) -> Result<(serde_json::Value, Vec<u8>)> {
    let ask: Ask = serde_json::from_str(line)
        .map_err(|error| Error::recipe(format!("this is no question: {error}"), "the dashboard asks in JSON"))?;
    let answer = explorer.answer(ask)?;
    let picture = answer.images.as_ref().map(encode_png).transpose()?.unwrap_or_default();
    Ok((serde_json::json!({ "bytes": picture.len(), "facts": answer.facts }), picture))
}
