//! `steadygan export`: writes a run's networks for other programs.

use crate::arguments::{Export, Options};
use crate::console::answer_path;
use std::process::ExitCode;
use steadygan::Result;

pub(crate) fn export(arguments: &Export, options: &Options) -> Result<ExitCode> {
    let kind = arguments.checkpoint.kind()?;
    let folder = steadygan::export::export(&arguments.run, kind, arguments.out.as_deref())?;
    answer_path("export", &folder, options.json)?;
    Ok(ExitCode::SUCCESS)
}
