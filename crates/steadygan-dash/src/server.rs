//! Accepts connections, with limits on their number and on the size of a request.

use crate::answer::Answer;
use crate::events::watch;
use crate::route::route;
use crate::shared::Shared;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// The most connections at a time; a browser opens six for each page.
const MAX_CONNECTIONS: usize = 64;

/// The most threads that read files. Few are enough because reading is quick, and training needs the processor.
const MAX_FILE_THREADS: usize = 2;

/// The largest head of a request, in bytes, and how many headers it may have.
const MAX_HEAD_BYTES: usize = 16 << 10;
const MAX_HEADERS: usize = 64;

/// How long a request's head may take to come, and how long a connection may wait for the next.
const HEAD_TIME: Duration = Duration::from_secs(20);

/// How long to wait after the system failed to accept a connection.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Serves until the process ends.
pub(crate) fn serve(listener: TcpListener, shared: Shared) -> io::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(MAX_FILE_THREADS).build()?;
    runtime.block_on(accept(listener, Arc::new(shared)))
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    tokio::spawn(watch(Arc::clone(&shared.store), Arc::clone(&shared.listeners)));
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_RETRY).await;
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
