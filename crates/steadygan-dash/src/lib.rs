//! The live dashboard: reads run directories and serves pages that show them as they grow.
//!
//! It knows the run directory's format and no tensors, and the trainer does not depend on it. Three rules keep it safe:
//!
//! 1. **Nothing outside the folder is read.** A URL's path is looked up in a fixed list, never in the file system; a
//!    run is named by folder names that are checked one by one; files and folders that are links are skipped
//!    (`folder.rs`).
//! 2. **Only its own pages may ask.** Requests under a foreign `Host` or from a foreign `Origin` are refused
//!    (`guard.rs`), and a strict Content-Security-Policy keeps the pages from running or loading anything that is not
//!    theirs. Text from runs enters the pages as text only.
//! 3. **It only reads, within limits**: of connections, requests a second, header sizes, file sizes and memory.
//!
//! A report ([`report_run`], [`report_study`]) is the same page as one file, which contains the dashboard's answers.
//!
//! A file that is missing, half-written or foreign counts as not there yet. The rest is shown, and the page says what
//! could not be read.

mod answer;
mod assets;
mod catalogue;
mod curves;
mod detail;
mod error;
mod events;
mod files;
mod folder;
mod guard;
mod page;
mod plot;
mod rate_limit;
mod report;
mod route;
mod row;
mod sampler;
mod script;
mod server;
mod shared;
mod store;
mod study;
mod summary;

use folder::Folder;
use guard::Guard;
use sampler::Sampler;
use shared::Shared;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

pub use error::DashboardError;
pub use plot::curves_svg;
pub use report::{Report, report_run, report_study};

/// The port that is tried first if the caller names none.
pub const DEFAULT_PORT: u16 = 7070;

/// A dashboard that has its address and is ready to serve.
#[derive(Debug)]
pub struct Dashboard {
    listener: TcpListener,
    address: SocketAddr,
    shared: Shared,
}

impl Dashboard {
    /// Opens a dashboard of the runs in `folder` at `host` and `port`; port 0 means any free port. Without `port` it
    /// takes [`DEFAULT_PORT`], or any free port if that one is in use.
    ///
    /// # Errors
    ///
    /// `folder` is not a folder, or the address is not available.
    pub fn bind(folder: &Path, host: IpAddr, port: Option<u16>) -> Result<Self, DashboardError> {
        let folder = Folder::open(folder)?;
        let listener = match port {
            Some(port) => TcpListener::bind((host, port)),
            None => TcpListener::bind((host, DEFAULT_PORT)).or_else(|_| TcpListener::bind((host, 0))),
        };
        let refused = |error| DashboardError::address(host, port.unwrap_or(DEFAULT_PORT), &error);
        let listener = listener.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address, shared: Shared::new(folder, Guard::at(host)) })
    }

    /// Adds an explorer: `program` is the `steadygan` program, which draws images on request with that many `threads`.
    #[must_use]
    pub fn with_sampler(mut self, program: PathBuf, threads: usize) -> Self {
        self.shared.sampler = Some(Sampler::new(program, threads));
        self
    }

    /// The address for a browser.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    ///
    /// The system refuses a resource that serving needs.
    pub fn serve(self) -> io::Result<()> {
        server::serve(self.listener, self.shared)
    }
}
