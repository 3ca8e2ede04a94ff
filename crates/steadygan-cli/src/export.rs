//! `steadygan export`: writes a run's networks for other programs.

use crate::arguments::{Export, Options};
use crate::console::answer_path;
use std::process::ExitCode;
use steadygan::Result;

pub(crate) fn export(arguments: &Export, options: &Options) -> Result<ExitCode> {
    let folder = steadygan::export::export(&arguments.run, arguments.checkpoint.kind()?)?;
    answer_path("export", &folder, options.json)?;
    Ok(ExitCode::SUCCESS)
}
