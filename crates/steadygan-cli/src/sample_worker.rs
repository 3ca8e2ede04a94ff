//! The process that makes images for the dashboard. It reads a question from each line of stdin and answers on stdout,
//! until stdin ends.
//!
//! A question is the JSON of [`Ask`]. An answer is a line of JSON, `{"bytes": N, "facts": …}` or `{"error": …, "hint": …}`,
//! and then the N bytes of a PNG. A line that is too long ends the process, and the dashboard starts it again.

use crate::arguments::SampleWorker;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;
use steadygan::explore::{Ask, Explorer};
use steadygan::pictures::sheet::encode_png;
use steadygan::{Error, Result};

/// The longest question in bytes, line break included.
const MAX_QUESTION: u64 = 4096;

pub(crate) fn sample_worker(arguments: &SampleWorker) -> Result<ExitCode> {
    // An error means that the dashboard has closed the pipes, so the process just ends.
    let _ = converse(&mut Explorer::new(&arguments.run), &mut io::stdin().lock(), &mut io::stdout().lock());
    Ok(ExitCode::SUCCESS)
}

fn converse(explorer: &mut Explorer, questions: &mut impl BufRead, answers: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    loop {
        questions.by_ref().take(MAX_QUESTION).read_line(&mut line)?;
        // Either stdin has ended, or the line is too long and its rest would be taken for a question.
        if !line.ends_with('\n') {
            return Ok(());
        }
        let (head, picture) = answered(explorer, &line).unwrap_or_else(|error| {
            (serde_json::json!({ "error": error.to_string(), "hint": error.hint() }), Vec::new())
        });
        writeln!(answers, "{head}")?;
        answers.write_all(&picture)?;
        answers.flush()?;
        line.clear();
    }
}

fn answered(explorer: &mut Explorer, line: &str) -> Result<(serde_json::Value, Vec<u8>)> {
    let ask: Ask = serde_json::from_str(line)
        .map_err(|error| Error::recipe(format!("this is no question: {error}"), "the dashboard asks in JSON"))?;
    let answer = explorer.answer(ask)?;
    let picture = answer.images.as_ref().map(encode_png).transpose()?.unwrap_or_default();
    Ok((serde_json::json!({ "bytes": picture.len(), "facts": answer.facts }), picture))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// How many answers these questions get. The run does not exist, so each answer must be an error.
    fn answers(questions: &str) -> usize {
        let mut answers = Vec::new();
        converse(&mut Explorer::new(Path::new("no/such/run")), &mut questions.as_bytes(), &mut answers).unwrap();
        let answers = String::from_utf8(answers).unwrap();
        assert!(answers.lines().all(|line| line.starts_with("{\"error\":")), "{answers}");
        answers.lines().count()
    }

    #[test]
    fn a_question_has_one_answer_and_one_that_is_too_long_ends_the_process() {
        assert_eq!(answers(""), 0);
        assert_eq!(answers("{}\n{\"ask\":\"layers\"}\n"), 2);
        let blank = " ".repeat(MAX_QUESTION as usize - 3);
        assert_eq!(answers(&format!("{{}}\n{blank}{{}}\n{{}}\n")), 3, "a question of the greatest length");
        assert_eq!(answers(&format!("{{}}\n {blank}{{}}\n{{}}\n")), 1, "no answer from a question that is too long on");
        assert_eq!(answers("{}\n{}"), 1, "a last line without an end gets no answer");
    }
}
