//! The live dashboard: reads run directories and serves pages that show them as they grow.
//!
//! It knows the run directory's format and nothing of tensors; the trainer does not know of it. Three rules keep it safe:
//!
//! 1. **Nothing outside the folder is read.** A URL's path is looked up in a fixed list, never in the file system; a run
//!    is named by folder names that are checked one by one; files and folders that are links are passed over
//!    (`folder.rs`).
//! 2. **Only its own pages may ask.** Requests under a foreign `Host` or from a foreign `Origin` are refused (`guard.rs`),
//!    and a strict Content-Security-Policy keeps the pages from running or loading anything that is not theirs. What runs
//!    say of themselves is put into pages as text only.
//! 3. **It only reads, within limits**: of connections, requests a second, header sizes, file sizes and memory.
//!
//! A report ([`report_run`], [`report_study`]) is the same pages as one file: it holds what the dashboard would answer.
//!
//! What is missing, torn or foreign is "nothing yet": the rest is shown, and the page says what could not be.

mod answer;
mod assets;
mod curves;
mod detail;
mod error;
mod events;
mod files;
mod folder;
mod guard;
mod page;
mod plot;
mod report;
mod route;
mod row;
mod sampler;
mod script;
mod server;
mod store;
mod study;
mod summary;

use folder::Folder;
use guard::Guard;
use sampler::Sampler;
use server::Shared;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

pub use error::DashboardError;
pub use plot::curves_svg;
pub use report::{Report, report_run, report_study};

/// The port that is tried first if none is asked for.
pub const DEFAULT_PORT: u16 = 7070;

/// A dashboard that has its address and is ready to serve.
#[derive(Debug)]
pub struct Dashboard {
    listener: TcpListener,
    address: SocketAddr,
    shared: Shared,
}

impl Dashboard {
    /// A dashboard of the runs in `folder`, at `host`; on `port`, where 0 stands for any that is free, or on
    /// [`DEFAULT_PORT`] if that is free and any other if not.
    ///
    /// # Errors
    ///
    /// `folder` is no folder, or the address cannot be had.
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

    /// The same, with an explorer: `program` is the `steadygan` that draws images when they are asked for, with that
    /// many `threads`.
    #[must_use]
    pub fn with_sampler(mut self, program: PathBuf, threads: usize) -> Self {
        self.shared.sampler = Some(Sampler::new(program, threads));
        self
    }

    /// Where a browser finds it.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    ///
    /// The system refuses what serving takes.
    pub fn serve(self) -> io::Result<()> {
        server::serve(self.listener, self.shared)
    }
}
