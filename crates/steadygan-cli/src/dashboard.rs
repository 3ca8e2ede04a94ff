//! `steadygan dashboard`: prints the dashboard's address on stdout and serves its pages until Ctrl-C.

use crate::arguments::{Dashboard, Options};
use crate::console::{answer, say};
use std::process::ExitCode;
use steadygan::{Error, Result};

pub(crate) fn dashboard(arguments: &Dashboard, options: &Options) -> Result<ExitCode> {
    let dashboard = steadygan_dash::Dashboard::bind(&arguments.folder, arguments.host, arguments.port)
        .map_err(|error| Error::recipe(error.to_string(), error.hint()))?;
    // The explorer starts this program as its worker. Without the program's path there is no explorer; all else works.
    let dashboard = match std::env::current_exe() {
        Ok(program) => dashboard.with_sampler(program, options.threads()),
        Err(_) => dashboard,
    };
    let url = dashboard.url();
    answer(&if options.json { serde_json::json!({ "url": url }).to_string() } else { url })?;
    if !options.quiet {
        say("the dashboard is at this address; Ctrl-C ends it");
    }
    if !arguments.host.is_loopback() && !options.quiet {
        say("warning: whoever reaches this address sees the runs; there is no password");
    }
    dashboard.serve().map_err(|error| Error::io("the dashboard cannot serve", &error, "start it again"))?;
    Ok(ExitCode::SUCCESS)
}
