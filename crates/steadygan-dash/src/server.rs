//! Accepts connections, with limits on their number, their rate of requests and the size of a request.

use crate::answer::Answer;
use crate::events::{Listeners, watch};
use crate::folder::Folder;
use crate::guard::Guard;
use crate::route::route;
use crate::sampler::Sampler;
use crate::store::{Store, lock};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// The most connections at a time; a browser opens six for each page.
const MAX_CONNECTIONS: usize = 64;

/// The most threads that read files. Few are enough because reading is quick, and training needs the processor.
const READERS: usize = 2;

/// The largest head of a request, in bytes, and how many headers it may have.
const MAX_HEAD_BYTES: usize = 16 << 10;
const MAX_HEADERS: usize = 64;

/// How long a request's head may take to come, and how long a connection may wait for the next.
const HEAD_TIME: Duration = Duration::from_secs(20);

/// How long to wait after the system failed to accept a connection.
const BREATH: Duration = Duration::from_millis(100);

/// The most requests a second over a long time, and the most at once: a list of runs requests a picture of each run.
const RATE: f64 = 100.0;
const BURST: f64 = 1000.0;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Arc<Store>,
    pub(crate) guard: Guard,
    pub(crate) listeners: Arc<Listeners>,
    pub(crate) pace: Pace,
    /// Draws images, if there is a program for it.
    pub(crate) sampler: Option<Sampler>,
}

impl Shared {
    pub(crate) fn new(folder: Folder, guard: Guard) -> Self {
        let store = Arc::new(Store::new(folder));
        Self { store, guard, listeners: Arc::default(), pace: Pace::default(), sampler: None }
    }
}

/// A token bucket for requests, which fills at [`RATE`] up to [`BURST`].
#[derive(Debug)]
pub(crate) struct Pace(Mutex<(f64, Instant)>);

impl Default for Pace {
    fn default() -> Self {
        Self(Mutex::new((BURST, Instant::now())))
    }
}

impl Pace {
    /// Whether one request more may be answered now.
    pub(crate) fn allows(&self) -> bool {
        self.allows_at(Instant::now())
    }

    fn allows_at(&self, now: Instant) -> bool {
        let mut bucket = lock(&self.0);
        let filled = bucket.0 + RATE * now.saturating_duration_since(bucket.1).as_secs_f64();
        let is_allowed = filled >= 1.0;
        *bucket = (filled.min(BURST) - f64::from(u8::from(is_allowed)), now);
        is_allowed
    }
}

/// Serves until the process ends.
pub(crate) fn serve(listener: TcpListener, shared: Shared) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(READERS).build()?;
    runtime.block_on(accept(listener, Arc::new(shared)))
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    tokio::spawn(watch(Arc::clone(&shared.store), Arc::clone(&shared.listeners)));
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        // A connection above the limit is closed at once.
        let Ok(permit) = Arc::clone(&connections).try_acquire_owned() else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            converse(stream, shared).await;
            drop(permit);
        });
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<Answer, Infallible>(route(request, shared).await) }
    });
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    // A connection that breaks does not concern the other connections.
    let _ = connection.await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_answered_at_a_rate_after_a_burst() {
        let pace = Pace::default();
        let start = Instant::now();
        let at = |ms: u64| (0..2000).filter(|_| pace.allows_at(start + Duration::from_millis(ms))).count();
        assert_eq!(at(0), BURST as usize);
        assert_eq!(at(500), 50);
        assert_eq!(at(100_000), BURST as usize);
    }
}
