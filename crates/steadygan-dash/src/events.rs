//! What changes, told to every page that listens (server-sent events).

use crate::store::Store;
use hyper::body::Bytes;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How often the folder is looked at while anybody listens.
const INTERVAL: Duration = Duration::from_secs(1);

/// After how many looks without a change a page hears that this is still there, and one that has gone is noticed.
const BEATS: u32 = 15;

/// The most pages that listen.
const MAX_LISTENERS: usize = 32;

/// How many events a page may be behind before it is let go; it asks again by itself.
const MAX_BEHIND: usize = 8;

/// The pages that listen.
#[derive(Debug, Default)]
pub(crate) struct Listeners(Mutex<Vec<Sender<Bytes>>>);

impl Listeners {
    /// The events for one page more, unless too many listen.
    pub(crate) fn add(&self) -> Option<Receiver<Bytes>> {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| !listener.is_closed());
        if listeners.len() >= MAX_LISTENERS {
            return None;
        }
        let (sender, receiver) = channel(MAX_BEHIND);
        // Something at once, so that the page knows that it is connected.
        let _ = sender.try_send(Bytes::from_static(b"retry: 2000\n\n"));
        listeners.push(sender);
        Some(receiver)
    }

    fn is_empty(&self) -> bool {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| !listener.is_closed());
        listeners.is_empty()
    }

    fn tell(&self, event: &Bytes) {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.try_send(event.clone()).is_ok());
    }
}

/// Looks at the folder again and again, for ever.
pub(crate) async fn watch(store: Arc<Store>, listeners: Arc<Listeners>) {
    let mut generation = None;
    let mut silent = 0;
    loop {
        tokio::time::sleep(INTERVAL).await;
        if listeners.is_empty() {
            generation = None;
            continue;
        }
        let (store, since) = (Arc::clone(&store), generation.unwrap_or(0));
        let looked = tokio::task::spawn_blocking(move || store.changes_since(since)).await;
        let Ok(changes) = looked else { continue };
        generation = Some(changes.generation);
        silent += 1;
        if !changes.is_empty() {
            let text = serde_json::to_string(&changes).unwrap_or_default();
            listeners.tell(&Bytes::from(format!("event: changes\ndata: {text}\n\n")));
            silent = 0;
        } else if silent >= BEATS {
            listeners.tell(&Bytes::from_static(b": still here\n\n"));
            silent = 0;
        }
    }
}
