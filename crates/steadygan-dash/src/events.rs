//! Sends changes of the folder to every connected page (server-sent events).

use crate::store::{Store, lock};
use hyper::body::Bytes;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How often the folder is checked while a page is connected.
const INTERVAL: Duration = Duration::from_secs(1);

/// After how many checks without a change pages get a sign of life. Sending it also reveals which pages have gone.
const BEATS: u32 = 15;

/// The most pages that may be connected.
const MAX_LISTENERS: usize = 32;

/// How many events may wait for a page before it is disconnected; it connects again by itself.
const MAX_BEHIND: usize = 8;

/// The connected pages.
#[derive(Debug, Default)]
pub(crate) struct Listeners(Mutex<Vec<Sender<Bytes>>>);

impl Listeners {
    /// Connects one more page and returns its events; `None` if too many are connected.
    pub(crate) fn add(&self) -> Option<Receiver<Bytes>> {
        let mut listeners = lock(&self.0);
        listeners.retain(|listener| !listener.is_closed());
        if listeners.len() >= MAX_LISTENERS {
            return None;
        }
        let (sender, receiver) = channel(MAX_BEHIND);
        // Sent at once, so that the page knows that it is connected.
        let _ = sender.try_send(Bytes::from_static(b"retry: 2000\n\n"));
        listeners.push(sender);
        Some(receiver)
    }

    fn is_empty(&self) -> bool {
        let mut listeners = lock(&self.0);
        listeners.retain(|listener| !listener.is_closed());
        listeners.is_empty()
    }

    fn send(&self, event: &Bytes) {
        let mut listeners = lock(&self.0);
        listeners.retain(|listener| listener.try_send(event.clone()).is_ok());
    }
}

/// Checks the folder again and again, without end. Changes while no page is connected are sent to the next page that
/// connects.
pub(crate) async fn watch(store: Arc<Store>, listeners: Arc<Listeners>) {
    let mut generation = 0;
    let mut unchanged = 0;
    loop {
        tokio::time::sleep(INTERVAL).await;
        if listeners.is_empty() {
            continue;
        }
        let store = Arc::clone(&store);
        let checked = tokio::task::spawn_blocking(move || store.changes_since(generation)).await;
        let Ok(changes) = checked else { continue };
        generation = changes.generation;
        unchanged += 1;
        if !changes.is_empty() {
            let text = serde_json::to_string(&changes).unwrap_or_default();
            listeners.send(&Bytes::from(format!("event: changes\ndata: {text}\n\n")));
            unchanged = 0;
        } else if unchanged >= BEATS {
            listeners.send(&Bytes::from_static(b": still here\n\n"));
            unchanged = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;
    use std::fs;

    async fn event_with(page: &mut Receiver<Bytes>, part: &str) -> String {
        loop {
            let event = page.recv().await.unwrap();
            let event = String::from_utf8(event.to_vec()).unwrap();
            if event.contains(part) {
                return event;
            }
        }
    }

    #[test]
    fn a_page_that_comes_later_receives_only_changes() {
        let place = tempfile::tempdir().unwrap();
        let write = |id: &str| {
            fs::create_dir(place.path().join(id)).unwrap();
            fs::write(place.path().join(id).join("plan.json"), "{}").unwrap();
        };
        write("00001-a");
        let store = Arc::new(Store::new(Folder::open(place.path()).unwrap()));
        let listeners = Arc::<Listeners>::default();
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
            tokio::spawn(watch(store, Arc::clone(&listeners)));
            let mut first = listeners.add().unwrap();
            event_with(&mut first, "\"00001-a\"").await;
            drop(first);
            // Long enough for the watcher to find no page connected.
            tokio::time::sleep(INTERVAL * 3 / 2).await;
            write("00002-b");
            let mut second = listeners.add().unwrap();
            let event = event_with(&mut second, "event: changes").await;
            assert!(event.contains("\"00002-b\"") && !event.contains("00001-a"), "{event}");
        });
    }
}
