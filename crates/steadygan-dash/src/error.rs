//! Why a dashboard cannot be opened or a report cannot be made.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use steadygan_run::reason;

/// Why a dashboard cannot be opened or a report cannot be made, and what to do about it.
#[derive(Debug)]
pub struct DashboardError {
    message: String,
    hint: &'static str,
}

impl DashboardError {
    pub(crate) fn folder(path: &Path, error: &io::Error) -> Self {
        let message = format!("cannot open the folder {}: {}", path.display(), reason(error));
        Self { message, hint: "name the folder that holds runs; `steadygan train` makes `runs`" }
    }

    pub(crate) fn address(host: IpAddr, port: u16, error: &io::Error) -> Self {
        let message = format!("cannot serve at {host}, port {port}: {}", reason(error));
        Self { message, hint: "take another address (--host 127.0.0.1) or any free port (--port 0)" }
    }

    pub(crate) fn no_report(path: &Path, why: &str) -> Self {
        let message = format!("cannot report {}: {why}", path.display());
        Self { message, hint: "name the folder of a run or of a study" }
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        self.hint
    }
}

impl fmt::Display for DashboardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DashboardError {}
