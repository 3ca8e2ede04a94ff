//! Studies, end to end.

use crate::command::{Answer, DONE, command, entries, steadygan};
use crate::pictures::workplace;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Two factors in a full factorial with two seeds: eight runs of sixteen steps, on points because these are measured
/// fast.
const STUDY: &str = "\
design = 'full'
seeds = 2
images = 64
[set]
data.source = 'ring'
model.width = 4
model.depth = 1
train.batch = 4
[factors]
batch-norm = true
adam.lr = [2e-4, 1e-3]
";

fn with_study(study: &str) -> TempDir {
    let folder = workplace();
    fs::write(folder.path().join("study.toml"), study).unwrap();
    folder
}

fn record(folder: &Path, study: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(study).join("study.json")).unwrap()).unwrap()
}

/// The results without the runs' folder names, which depend on the order in which runs begin.
fn results(folder: &Path, study: &str) -> Value {
    let mut results = record(folder, study)["results"].take();
    for run in results["runs"].as_array_mut().unwrap() {
        run.as_object_mut().unwrap().remove("folder");
    }
    results
}

fn runs(folder: &Path, study: &str) -> usize {
    entries(&folder.join(study).join("runs")).len()
}

#[test]
fn a_study_from_its_question_to_its_answer() {
    let folder = with_study(STUDY);
    let answer = steadygan(folder.path(), "study study.toml").done();
    assert!(answer.stderr.contains("ring: full of 2 factors, 4 rows × 2 seeds of 64 images"), "{answer:#?}");
    let supposed = "supposed, not measured on this data: seeds differ by 45%, as in our record on the embedded images. Then an effect of +";
    assert!(answer.stderr.contains(supposed), "the assumed noise and what it lets be found: {answer:#?}");
    assert!(answer.stdout.contains("\nseeds differed by "), "the table has the measured noise: {answer:#?}");
    assert_eq!(answer.last_line(), "study");
    for said in
        ["What each does to the energy distance after 64 images; 8 runs, ", "\n  batch-norm ", "\nrecommended: "]
    {
        assert!(answer.stdout.contains(said), "{said}: {answer:#?}");
    }
    let files = entries(&folder.path().join("study"));
    assert_eq!(files, [".lock", "recipes", "recommended.toml", "report.html", "runs", "study.json", "study.toml"]);
    let record = record(folder.path(), "study");
    assert_eq!(record["results"]["runs"].as_array().unwrap().len(), 8);
    assert!(record["plan"]["scale"]["untrained"].as_f64() > record["plan"]["scale"]["floor"].as_f64());
    let confirmed = record["results"]["confirmations"].as_array().unwrap().len();
    let trained = runs(folder.path(), "study");
    assert_eq!(trained, 8 + 3 * (1 + confirmed));
    // Runs that have ended are not trained again, and the answer is the same.
    assert_eq!(steadygan(folder.path(), "study study.toml --quiet").done().stdout, answer.stdout);
    assert_eq!(steadygan(folder.path(), "study --collect").done().stdout, answer.stdout);
    assert_eq!(runs(folder.path(), "study"), trained);
    let json = steadygan(folder.path(), "study --collect --json").done().json();
    assert_eq!(json, serde_json::json!({"study": "study"}));
    steadygan(folder.path(), "train study/recommended.toml --dry-run --images 64").done();
}

/// Each line of `--list` trains one run, anywhere; `--collect` analyses the runs that have ended.
#[test]
fn any_scheduler_can_run_it() {
    let folder = with_study(STUDY);
    steadygan(folder.path(), "study study.toml --out here").done();
    let listed = steadygan(folder.path(), "study study.toml --out there --list").done();
    let lines: Vec<&str> = listed.stdout.lines().collect();
    assert_eq!(lines[5], "steadygan train there/recipes/row-01-seed-1.toml --out there/runs --threads 1");
    assert_eq!((lines.len(), folder.path().join("there/runs").exists()), (8, false));
    let (error, _) = steadygan(folder.path(), "study --out there --collect").refused();
    assert_eq!(error, "no run of the study in there has ended");
    for (number, line) in lines.iter().enumerate() {
        steadygan(folder.path(), &line.replace("steadygan ", "--quiet ")).done();
        if number == 2 {
            let part = steadygan(folder.path(), "study --out there --collect").done();
            assert_eq!(record(folder.path(), "there")["results"]["open"][0], "5 of 8 runs have not ended", "{part:#?}");
        }
    }
    steadygan(folder.path(), "study --out there --collect").done();
    let of = |study| {
        let mut results = results(folder.path(), study);
        results["confirmations"].take();
        results
    };
    assert_eq!(of("here"), of("there"));
}

/// A study that is killed ten times, by signals that cannot be caught, ends like an undisturbed one.
#[test]
fn ten_kills_change_nothing() {
    let folder = with_study(STUDY);
    let started = Instant::now();
    let alone = steadygan(folder.path(), "study study.toml --out alone").done();
    let whole = started.elapsed();
    for kill in 0..10 {
        let mut child = command(folder.path(), "study study.toml --out killed --quiet".split(' '));
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Kills come later and later, because finished runs are kept. The golden ratio spreads the moments within a
        // run.
        let share = 0.02 + 0.06 * f64::from(kill) * (1.0 + (f64::from(kill) * 0.618).fract());
        std::thread::sleep(whole.mul_f64(share.min(0.5)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let killed = steadygan(folder.path(), "study study.toml --out killed").done();
    assert_eq!(killed.stdout.replace("killed", "alone"), alone.stdout);
    assert_eq!(results(folder.path(), "killed"), results(folder.path(), "alone"));
}

#[test]
fn a_search_halves_its_combinations() {
    let search = STUDY.replace("'full'", "'search'").replace("seeds = 2", "").replace("images = 64", "images = 432");
    let folder = with_study(&search.replace("[factors]", "[factors]\nlabel-smoothing = true"));
    let answer = steadygan(folder.path(), "study study.toml").done();
    assert!(answer.stderr.contains("8 combinations"), "{answer:#?}");
    let record = record(folder.path(), "study");
    let images: Vec<u64> =
        record["plan"]["rungs"].as_array().unwrap().iter().map(|rung| rung["images"].as_u64().unwrap()).collect();
    assert_eq!(images.len(), 3);
    let shown = |run: &Value| {
        let run = folder.path().join("study/runs").join(run["folder"].as_str().unwrap());
        crate::run_files::manifest(&run)["outcome"]["images"].as_u64().unwrap()
    };
    let mut reached: Vec<u64> = record["results"]["runs"].as_array().unwrap().iter().map(shown).collect();
    reached.sort_unstable();
    assert_eq!(reached, [vec![images[0]; 6], vec![images[1]; 1], vec![images[2]; 1]].concat());
    let winner = record["results"]["recommended"].clone();
    assert!(record["plan"]["rows"].as_array().unwrap().contains(&winner));
}

fn refused(study: &str, arguments: &str) -> (String, String) {
    let folder = with_study(study);
    let answer: Answer = steadygan(folder.path(), &format!("study study.toml {arguments}"));
    assert!(!folder.path().join("study").exists(), "nothing is written: {answer:#?}");
    answer.refused()
}

#[test]
fn impossible_questions_are_refused_before_anything_is_begun() {
    let (error, hint) = refused(&STUDY.replace("batch-norm", "batch-form"), "");
    assert!(error.contains("unknown key `batch-form`") && hint.contains("nearest"), "{error} {hint}");
    let both = STUDY.replace("batch-norm = true", "batch-norm = true\nlayer-norm = true");
    let (error, _) = refused(&both, "");
    assert!(
        error.contains(
            "row 3 of the design (layer-norm on) cannot be trained: `layer-norm` cannot be together with `batch-norm`"
        ),
        "{error}"
    );
    let (error, _) = refused(&STUDY.replace("[2e-4, 1e-3]", "[2e-4, -1.0]"), "");
    assert!(error.contains(" of the design (adam.lr -1.0) cannot be trained: "), "{error}");
    let (error, hint) = refused(&STUDY.replace("'full'", "'search'").replace("seeds = 2", ""), "--list");
    assert!(error.contains("cannot be listed") && hint.contains("without --list"), "{error} {hint}");
    let (error, hint) = refused(&STUDY.replace("seeds = 2", "seeds = 0"), "");
    assert!(error.contains("the design full needs 1 seed, not 0") && hint.contains("more seeds"), "{error} {hint}");
    let (error, hint) = refused(&STUDY.replace("images = 64", "budget = '5 minutes'"), "");
    assert!(error.contains("5 minutes") && !hint.is_empty(), "{error} {hint}");
    let (error, hint) = refused(&format!("distance = 'kernel'\n{STUDY}"), "");
    assert!(error.contains("these are points") && hint.contains("energy"), "{error} {hint}");
}

/// Images are measured by the kernel and by the Fréchet distance, on a network's features.
#[test]
fn images_are_measured_by_either_distance() {
    for (distance, said) in [("kernel", "the kernel distance"), ("frechet", "the Fréchet distance")] {
        let images = STUDY.replace("data.source = 'ring'", "train.metric-samples = 8\ntrain.metric-network = 'digits'");
        let study = format!("recipe = 'tiny.toml'\ndistance = '{distance}'\n{images}").replace("adam.lr", "#");
        let folder = with_study(&study);
        let answer = steadygan(folder.path(), "study study.toml").done();
        assert!(answer.stdout.contains(&format!("What each does to {said} after")), "{answer:#?}");
        let run = folder.path().join("study/runs/00001-pictures-hacks/metrics.jsonl");
        let lines = fs::read_to_string(run).unwrap();
        assert_eq!(lines.lines().count(), 4, "{lines}");
    }
}

#[test]
fn a_budget_that_allows_nothing_is_told_with_one_that_does() {
    let folder = with_study(&STUDY.replace("images = 64", "budget = '1s'"));
    let answer = steadygan(folder.path(), "study study.toml --quiet");
    let (error, hint) = answer.refused();
    assert!(
        error.starts_with("a budget of 1 s is too short: 20 runs of ") && hint.starts_with("--budget "),
        "{error} {hint}"
    );
    assert!(!folder.path().join("study/study.json").exists());
    // Which budget is enough depends on how busy the machine is.
    let enough = ["25s", "60s", "150s"].into_iter().find(|budget| {
        let answer = steadygan(folder.path(), &format!("study study.toml --quiet --budget {budget}"));
        assert!(answer.code == DONE || answer.stderr.contains("is too short"), "{answer:#?}");
        answer.code == DONE
    });
    assert!(enough.is_some());
}

#[test]
fn folders_of_others_are_left_alone() {
    let folder = with_study(STUDY);
    steadygan(folder.path(), "study study.toml --list").done();
    fs::write(folder.path().join("other.toml"), STUDY.replace("seeds = 2", "seeds = 3")).unwrap();
    let (error, hint) = steadygan(folder.path(), "study other.toml").refused();
    assert_eq!((error.as_str(), hint.contains("--out DIR")), ("study holds another study", true));
    let (error, _) = steadygan(folder.path(), "study study.toml --out pictures").refused();
    assert!(error.starts_with("pictures is no study's folder: it holds "), "{error}");
    let (error, _) = steadygan(folder.path(), "study --collect --out pictures").refused();
    assert_eq!(error, "pictures holds no study");
    let _held = Held::of(folder.path());
    let (error, _) = steadygan(folder.path(), "study study.toml").refused();
    assert!(error.ends_with("study is being run by another process"), "{error}");
}

/// A process that runs the study in a folder, killed on drop.
struct Held(std::process::Child);

impl Held {
    fn of(folder: &Path) -> Self {
        let mut command: Command = command(folder, ["study", "study.toml", "--quiet"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let runs = folder.join("study/runs");
        while !runs.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        Self(child)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
