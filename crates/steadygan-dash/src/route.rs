//! Which request gets which answer.

use crate::answer::{Answer, Content, TEXT, answer, bytes, json, not_found, refusal, tagged};
use crate::assets;
use crate::detail::{Detail, picture};
use crate::files::Stamp;
use crate::sampler::{SamplerAnswer, SamplerError};
use crate::shared::Shared;
use crate::store::Store;
use crate::study::Study;
use hyper::header::{HeaderName, HeaderValue, IF_NONE_MATCH};
use hyper::{Request, StatusCode};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The most parameters of a query that are read.
const MAX_NAMES: usize = 16;

/// The points of a curve by default, and the most that a request may ask for.
const POINTS: usize = 1000;
const MAX_POINTS: usize = 5000;

/// The header that carries facts about a picture, as JSON.
const FACTS: HeaderName = HeaderName::from_static("steadygan-facts");

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
    if !shared.rate_limit.allows() {
        return refusal(StatusCode::TOO_MANY_REQUESTS, "too many requests: wait a moment");
    }
    let has = request.headers().get(IF_NONE_MATCH).cloned();
    if let Some(asset) = assets::find(request.uri().path()) {
        return tagged(asset.kind, &hash(asset.content), has.as_ref(), || Some(asset.content));
    }
    let query = Query::of(&request);
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/api/events" => events(&shared),
        "/api/explore" => explore(&query, &shared).await,
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

/// The sampling process's answer: facts as JSON, or a picture with the facts in a header.
async fn explore(query: &Query, shared: &Shared) -> Answer {
    let Some(sampler) = &shared.sampler else {
        return refusal(StatusCode::NOT_IMPLEMENTED, "this dashboard has no program that draws images");
    };
    let Some(run) = shared.store.folder.run(query.text("run")) else { return not_found() };
    let Ok(question) = serde_json::from_str::<serde_json::Value>(query.text("ask")) else {
        return refusal(StatusCode::BAD_REQUEST, "`ask` is not JSON");
    };
    match sampler.ask(run.path(), &question).await {
        Ok(SamplerAnswer { facts, picture }) if picture.is_empty() => json(&facts),
        Ok(SamplerAnswer { facts, picture }) => {
            let mut answer = bytes("image/png", picture);
            let facts = HeaderValue::from_str(&ascii(&facts.to_string()));
            facts.into_iter().for_each(|facts| drop(answer.headers_mut().insert(FACTS, facts)));
            answer
        }
        Err(SamplerError::Busy) => {
            refusal(StatusCode::SERVICE_UNAVAILABLE, "too many images are asked for: wait a moment")
        }
        Err(SamplerError::Failed) => refusal(StatusCode::BAD_GATEWAY, "the program that draws images did not answer"),
        Err(SamplerError::Refused(why)) => {
            answer(StatusCode::UNPROCESSABLE_ENTITY, TEXT, Content::Bytes(Some(why.into())))
        }
    }
}

/// JSON in ASCII, as headers have to be: other characters become `\u` and four digits.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            let units =
                character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            text.push_str(&units);
        }
    }
    text
}

/// The answers that are read from files.
fn read(path: &str, query: &Query, store: &Store, has: Option<&HeaderValue>) -> Answer {
    let found = match path {
        "/api/runs" => Some(json(&store.changes_since(0))),
        "/api/run" => store.folder.run(query.text("run")).map(|run| json(&Detail::of(&run))),
        "/api/curves" => curves(query, store),
        "/api/picture" => sheet(query, store, has),
        "/api/study" => store.folder.study(query.text("study")).map(|folder| json(&Study::of(&folder))),
        _ => None,
    };
    found.unwrap_or_else(not_found)
}

fn curves(query: &Query, store: &Store) -> Option<Answer> {
    let id = query.text("run");
    let run = store.folder.run(id)?;
    let span = [query.number("from").unwrap_or(0), query.number("to").unwrap_or(u64::MAX)];
    let points = query.number("points").map_or(POINTS, |points| (points as usize).min(MAX_POINTS));
    Some(store.with_curves(id, &run, |curves| json(&curves.reduce(span, points))))
}

/// The sheet of reals, of the fakes before training, or of the fakes after some images of training.
fn sheet(query: &Query, store: &Store, has: Option<&HeaderValue>) -> Option<Answer> {
    let run = store.folder.run(query.text("run"))?;
    let file = match query.text("of") {
        "reals" => run.reals(),
        "fakes" if query.number("images")? == 0 => run.fakes_init(),
        "fakes" => run.fakes(query.number("images")?),
        _ => return None,
    };
    // Neither the file nor its folder may be a link.
    Stamp::of_folder(file.parent()?)?;
    let stamp = Stamp::of_file(&file)?;
    Some(tagged("image/png", &hash(&(stamp.length, stamp.modified)), has, || picture(&file)))
}

/// A tag that stays the same while the content does.
fn hash(content: &(impl Hash + ?Sized)) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_any_text_in_ascii() {
        let text = serde_json::json!({ "class": "Mütze 👒" });
        let header = ascii(&text.to_string());
        assert!(header.is_ascii());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&header).unwrap(), text);
    }
}
