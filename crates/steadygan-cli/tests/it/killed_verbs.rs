//! Every verb that writes is killed at random moments: no file is torn, and the next command ends like an undisturbed one
//! and leaves nothing of the killed one.

use crate::command::{DONE, command, entries, steadygan, train};
use crate::pictures::workplace;
use crate::run_files::result;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

/// A command that is killed.
struct Verb {
    name: &'static str,
    arguments: &'static str,
    /// How often it is killed.
    kills: usize,
    /// The command that follows.
    next: fn(&Path) -> &'static str,
    /// What has to be the same in the end, whether it was killed or not.
    end: fn(&Path) -> Files,
}

/// Files by their paths.
type Files = BTreeMap<String, Vec<u8>>;

const RUN: &str = "runs/00001-pictures-hacks";
const NEW_RUN: &str = "new/00001-pictures-hacks";
const TRAIN: &str = "train tiny.toml --quiet --threads 1 --out new";
const RESUME: &str = "resume runs/00001-pictures-hacks --quiet --threads 1 --images 128";
const STUDY: &str = "study study.toml --quiet";

const VERBS: [Verb; 10] = [
    Verb { name: "train", arguments: TRAIN, kills: 15, next: resume_or_train, end: |place| result(&last_run(place)) },
    Verb { name: "resume", arguments: RESUME, kills: 15, next: |_| RESUME, end: |place| result(&place.join(RUN)) },
    again("sheet", "generate runs/00001-pictures-hacks --count 900 --out a/s.png --threads 1", 8),
    again("array", "generate runs/00001-pictures-hacks --count 20000 --out a/s.npy --threads 1", 8),
    again("images", "generate runs/00001-pictures-hacks --count 500 --out a/s --threads 1", 8),
    again("animation", "generate runs/00001-pictures-hacks --count 9 --interpolate --out a/s.gif --threads 1", 6),
    again("export", "export runs/00001-pictures-hacks", 10),
    again("pack", "data pack pictures --recipe tiny.toml", 10),
    again("report", "report runs/00001-pictures-hacks --svg --gif", 10),
    Verb { name: "study", arguments: STUDY, kills: 10, next: |_| STUDY, end: study_end },
];

/// A command that is given again after it was killed, and writes the same files.
const fn again(name: &'static str, arguments: &'static str, kills: usize) -> Verb {
    Verb { name, arguments, kills, next: |_| "", end: all_but_the_log }
}

/// A run that was killed before its plan was written has trained nothing.
fn resume_or_train(place: &Path) -> &'static str {
    let begun = place.join(NEW_RUN).join("plan.json").exists();
    if begun { "resume new/00001-pictures-hacks --quiet --threads 1" } else { TRAIN }
}

/// The run that was trained last: beside one that was killed before it had a plan, a new one is made.
fn last_run(place: &Path) -> PathBuf {
    place.join("new").join(entries(&place.join("new")).pop().expect("a run"))
}

/// Every file; the log of the run that was trained before holds times.
fn all_but_the_log(place: &Path) -> Files {
    let mut files = files(place);
    files.remove(&format!("{RUN}/log.txt"));
    files
}

/// The answer of a study; which run got which number may differ.
fn study_end(place: &Path) -> Files {
    let read = |name: &str| fs::read(place.join("study").join(name)).unwrap_or_default();
    let mut record: serde_json::Value = serde_json::from_slice(&read("study.json")).unwrap_or_default();
    for run in record["results"]["runs"].as_array_mut().into_iter().flatten() {
        run.as_object_mut().expect("a run").remove("folder");
    }
    let recommended = ("recommended.toml".to_owned(), read("recommended.toml"));
    BTreeMap::from([("study.json".to_owned(), record.to_string().into_bytes()), recommended])
}

/// The bytes of a file, without the number that says when a report was written.
fn without_time(bytes: Vec<u8>) -> Vec<u8> {
    const KEY: &[u8] = b"\"written_unix_s\":";
    let Some(at) = bytes.windows(KEY.len()).position(|window| window == KEY) else { return bytes };
    let (before, after) = bytes.split_at(at + KEY.len());
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    [before, &after[digits..]].concat()
}

/// Every file below a folder, by its path.
fn files(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        // A file or folder may go while the folder is read.
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(folder).expect("below it").to_str().expect("UTF-8").to_owned();
            match fs::read(&path) {
                _ if path.is_dir() => folders.push(path),
                Ok(bytes) => drop(files.insert(name, without_time(bytes))),
                Err(_) => {}
            }
        }
    }
    files
}

/// Whether a path is that of a file or in a folder that is not whole yet. Locks are hidden, but stay.
fn is_temporary(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.') && part != ".lock")
}

/// Whether anything below a folder is not whole yet.
fn writes(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries = entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()));
    entries.any(|(name, path)| is_temporary(&name) || path.is_dir() && name != "pictures" && writes(&path))
}

/// A place with pictures, a recipe, a study and a run.
fn place() -> TempDir {
    let place = workplace();
    let study = "design = 'full'\nseeds = 2\nimages = 64\n[set]\ndata.source = 'ring'\nmodel.width = 4\nmodel.depth = 1\n\
                 train.batch = 4\n[factors]\nbatch-norm = true\n";
    fs::write(place.path().join("study.toml"), study).unwrap();
    train(place.path(), "tiny.toml --quiet --threads 1");
    place
}

/// The same files in a new place, so that nothing of an earlier trial is there.
fn copied(files: &Files) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = copy.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        // A pack says when its source was changed.
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        fs::File::options().append(true).open(path).unwrap().set_modified(modified).unwrap();
    }
    copy
}

/// Starts a command and kills it: while it writes if `aimed`, else after a share of the time that it takes. Returns
/// whether it was killed before its end.
fn kill(place: &Path, arguments: &str, whole: Duration, aimed: bool, rng: &mut Rng) -> bool {
    let mut command = command(place, arguments.split(' '));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let after = whole.mul_f64(rng.f64());
    let started = Instant::now();
    if aimed {
        // Some of the writing is past, so that not always the first file is hit.
        let passed = rng.u8(..8);
        let mut seen = 0;
        while seen <= passed && child.try_wait().unwrap().is_none() && started.elapsed() < 4 * whole {
            seen += u8::from(writes(place));
        }
    } else {
        std::thread::sleep(after);
    }
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Kills one verb, and returns what is wrong afterwards; also how many kills left something behind at first.
fn faults(verb: &Verb, template: &Files, rng: &mut Rng) -> (BTreeSet<String>, usize) {
    let undisturbed = copied(template);
    let started = Instant::now();
    steadygan(undisturbed.path(), verb.arguments).done();
    let whole = started.elapsed();
    let (end, all) = ((verb.end)(undisturbed.path()), files(undisturbed.path()));
    let (mut faults, mut littered, mut hits) = (BTreeSet::new(), 0, 0);
    for attempt in 0.. {
        assert!(attempt < 10 * verb.kills, "{}: only {hits} of {attempt} kills came before the end", verb.name);
        let copy = copied(template);
        if !kill(copy.path(), verb.arguments, whole, attempt % 2 == 1, rng) {
            continue;
        }
        hits += 1;
        let killed = files(copy.path());
        littered += usize::from(killed.keys().any(|name| is_temporary(name)));
        // Runs grow; what is torn of them shows in the end. Everything else is there whole or not at all.
        let whole_or_old = |name: &String, bytes: &Vec<u8>| {
            is_temporary(name)
                || name.ends_with(".lock")
                || [template, &all].iter().any(|all| all.get(name) == Some(bytes))
        };
        let grows = matches!(verb.name, "train" | "resume" | "study");
        let torn = killed.iter().filter(|(name, bytes)| !grows && !whole_or_old(name, bytes));
        faults.extend(torn.map(|(name, _)| format!("{}: {name} is torn", verb.name)));
        // Images that were written whole just before the kill are not to be overwritten.
        let written = verb.name == "images" && killed.contains_key("a/s/000499.png");
        let next = Some((verb.next)(copy.path())).filter(|next| !next.is_empty()).unwrap_or(verb.arguments);
        let answer = steadygan(copy.path(), next);
        if answer.code != DONE && !written {
            faults.insert(format!("{}: `{next}` ends with {}: {}", verb.name, answer.code, answer.stderr));
        }
        let now = (verb.end)(copy.path());
        let names: BTreeSet<_> = now.keys().chain(end.keys()).filter(|name| !is_temporary(name)).collect();
        let differ = names.into_iter().filter(|name| now.get(*name) != end.get(*name));
        faults.extend(differ.map(|name| format!("{}: {name} is not that of an undisturbed one", verb.name)));
        let left = files(copy.path()).into_keys().filter(|name| is_temporary(name));
        faults.extend(left.map(|name| format!("{}: {} is left", verb.name, without_digits(&name))));
        if hits == verb.kills {
            break;
        }
    }
    (faults, littered)
}

/// A name without the numbers of a process.
fn without_digits(name: &str) -> String {
    name.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[test]
#[ignore = "minutes: cargo test --release -p steadygan-cli --test it -- --ignored --nocapture killed_verbs"]
fn a_hundred_kills_tear_nothing_and_leave_nothing() {
    let template = files(place().path());
    let mut rng = Rng::with_seed(17);
    let mut all = BTreeSet::new();
    for verb in &VERBS {
        let started = Instant::now();
        let (faults, littered) = faults(verb, &template, &mut rng);
        println!(
            "{:<10} {:>3} kills, of which {littered} left something for the next command; {} faults; {:.0} s",
            verb.name,
            verb.kills,
            faults.len(),
            started.elapsed().as_secs_f64()
        );
        all.extend(faults);
    }
    assert_eq!(VERBS.iter().map(|verb| verb.kills).sum::<usize>(), 100);
    assert!(all.is_empty(), "{all:#?}");
}
