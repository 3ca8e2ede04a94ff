//! Which request gets which answer.

use crate::answer::{Answer, Content, answer, bytes, json, not_found, refusal, tagged};
use crate::assets;
use crate::detail::{Detail, picture, study};
use crate::files::Stamp;
use crate::server::Shared;
use crate::store::Store;
use hyper::header::{HeaderValue, IF_NONE_MATCH};
use hyper::{Request, StatusCode};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The most names of a query that are looked at.
const MAX_NAMES: usize = 16;

/// Points of a curve if nobody says how many, and the most.
const POINTS: usize = 1000;
const MAX_POINTS: usize = 5000;

/// The names and values of a query.
struct Query(HashMap<String, String>);

impl Query {
    fn of<B>(request: &Request<B>) -> Self {
        let text = request.uri().query().unwrap_or_default();
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().take(MAX_NAMES).collect())
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name).parse().ok()
    }
}

/// Answers a request.
pub(crate) async fn route<B>(request: Request<B>, shared: Arc<Shared>) -> Answer {
    if let Err((status, why)) = shared.guard.check(&request) {
        return refusal(status, why);
    }
    if !shared.pace.allows() {
        return refusal(StatusCode::TOO_MANY_REQUESTS, "too many requests: wait a moment");
    }
    let has = request.headers().get(IF_NONE_MATCH).cloned();
    if let Some(asset) = assets::find(request.uri().path()) {
        return tagged(bytes(asset.kind, asset.content), &hash(asset.content), has.as_ref());
    }
    let query = Query::of(&request);
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/api/events" => events(&shared),
        _ => {
            let store = Arc::clone(&shared.store);
            let read = tokio::task::spawn_blocking(move || read(&path, &query, &store, has.as_ref()));
            read.await.unwrap_or_else(|_| refusal(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be made"))
        }
    }
}

fn events(shared: &Shared) -> Answer {
    match shared.listeners.add() {
        Some(events) => answer(StatusCode::OK, "text/event-stream", Content::Events(events)),
        None => refusal(StatusCode::SERVICE_UNAVAILABLE, "too many pages listen: close some"),
    }
}

/// The answers that are read from files.
fn read(path: &str, query: &Query, store: &Store, has: Option<&HeaderValue>) -> Answer {
    let id = query.text("run");
    let found = match path {
        "/api/runs" => Some(json(&store.changes_since(0))),
        "/api/run" => store.folder.run(id).map(|run| json(&Detail::of(id, &run))),
        "/api/curves" => curves(query, store),
        "/api/picture" => sheet(query, store, has),
        "/api/study" => store.folder.study(query.text("study")).and_then(|file| study(&file)).map(|study| json(&study)),
        _ => None,
    };
    found.unwrap_or_else(not_found)
}

fn curves(query: &Query, store: &Store) -> Option<Answer> {
    let id = query.text("run");
    let run = store.folder.run(id)?;
    let span = [query.number("from").unwrap_or(0), query.number("to").unwrap_or(u64::MAX)];
    let points = query.number("points").map_or(POINTS, |points| (points as usize).min(MAX_POINTS));
    Some(store.with_curves(id, &run, |curves| json(&curves.draw(span, points))))
}

/// The sheet of reals, of the first fakes, or of the fakes after some images.
fn sheet(query: &Query, store: &Store, has: Option<&HeaderValue>) -> Option<Answer> {
    let run = store.folder.run(query.text("run"))?;
    let file = match query.text("of") {
        "reals" => run.reals(),
        "fakes" if query.number("images")? == 0 => run.fakes_init(),
        "fakes" => run.fakes(query.number("images")?),
        _ => return None,
    };
    // The file itself is looked at when it is read; the folder that it is in may be a link, too.
    Stamp::of_folder(file.parent()?)?;
    let stamp = Stamp::of_file(&file)?;
    Some(tagged(bytes("image/png", picture(&file)?), &hash(&(stamp.length, stamp.modified)), has))
}

/// A tag for content that has not changed.
fn hash(content: &(impl Hash + ?Sized)) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
