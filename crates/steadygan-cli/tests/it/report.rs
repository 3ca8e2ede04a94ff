//! `report`: the page of a run or of a study, in one file.

use crate::command::{steadygan, steadygan_with, train};
use crate::pictures::workplace;
use serde_json::Value;
use std::fs;
use std::path::Path;

const HOSTILE: &str = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)>";

fn data_of(page: &str) -> Value {
    let (_, data) = page.split_once("id=\"report-data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

/// The page with another time of writing: two pages that were written in different seconds are equal otherwise.
fn at_any_time(page: &str) -> String {
    let written = data_of(page)["written_unix_s"].to_string();
    page.replacen(&format!("\"written_unix_s\":{written}"), "\"written_unix_s\":0", 1)
}

/// Asserts that the page names nothing that a browser would load, and that its policy allows no loading.
fn assert_loads_nothing(page: &str) {
    assert!(page.contains("content=\"default-src 'none'; script-src 'sha256-"));
    for way in ["http://", "https://"] {
        // Other addresses are allowed: XML namespaces, and the source that uPlot's licence names.
        let loaded = page.match_indices(way).filter(|(at, _)| {
            let before = &page[..*at];
            ["src=", "href=", "url(", "@import ", "fetch("]
                .iter()
                .any(|place| before.trim_end_matches(['"', '\'']).ends_with(place))
        });
        assert_eq!(loaded.count(), 0);
    }
    assert!(!page.contains("<link rel=\"stylesheet\"") && !page.contains("<script src"));
}

#[test]
fn a_run_is_reported_as_one_file() {
    let folder = workplace();
    let run = train(folder.path(), "tiny.toml --quiet");
    let name = run.file_name().unwrap().to_str().unwrap();
    let answer = steadygan(folder.path(), &format!("report runs/{name}")).done();
    assert!(answer.stdout.starts_with(&format!("{name}: finished after ")), "{answer:#?}");
    assert_eq!(answer.last_line(), format!("runs/{name}/report.html"));
    assert!(answer.stderr.starts_with("the page has "), "{answer:#?}");
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert_loads_nothing(&page);
    assert!(page.contains(&format!("<noscript><p>{name}: finished after ")), "also without scripts");
    let held = data_of(&page);
    let answers = &held["answers"];
    assert_eq!(answers["/api/runs"]["runs"][0]["state"], "finished");
    let detail = &answers[format!("/api/run?run={name}")];
    assert_eq!(detail["recipe"].as_str().unwrap(), fs::read_to_string(run.join("recipe.toml")).unwrap());
    assert!(
        answers[format!("/api/picture?run={name}&of=reals")].as_str().unwrap().starts_with("data:image/png;base64,")
    );
    let json = steadygan(folder.path(), &format!("report runs/{name} --json --quiet --gif --svg")).done();
    assert_eq!(json.json()["animation"], format!("runs/{name}/progress.gif"));
    assert!(fs::read_to_string(run.join("curves.svg")).unwrap().starts_with("<svg "));
    assert!(fs::read(run.join("progress.gif")).unwrap().starts_with(b"GIF89a"));
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    let out = "out/page.html";
    let elsewhere = steadygan(folder.path(), &format!("report runs/{name} --json --quiet --gif --out {out}")).done();
    assert_eq!((&elsewhere.json()["report"], &elsewhere.json()["animation"]), (&out.into(), &"out/page.gif".into()));
    assert_eq!(at_any_time(&fs::read_to_string(folder.path().join(out)).unwrap()), at_any_time(&page));
    let refused = |rest: &str| steadygan(folder.path(), &format!("report runs/{name} {rest}")).refused().0;
    assert_eq!(refused(&format!("--out {out}")), format!("{out} is there already"));
    assert_eq!(refused("--gif --out out/page.htm"), "the output cannot be called `out/page.htm`");
    steadygan(folder.path(), &format!("report runs/{name} --out {out} --overwrite")).done();
    assert_eq!((&json.json()["report"], json.stderr.as_str()), (&format!("runs/{name}/report.html").into(), ""));
}

#[test]
fn what_a_run_says_is_no_markup_and_a_torn_line_no_fault() {
    let folder = workplace();
    let run = train(folder.path(), "tiny.toml --quiet");
    let manifest = fs::read_to_string(run.join("manifest.json")).unwrap();
    let mut manifest: Value = serde_json::from_str(&manifest).unwrap();
    manifest["outcome"] = serde_json::json!({ "state": "running" });
    manifest["data"]["name"] = HOSTILE.into();
    fs::write(run.join("manifest.json"), manifest.to_string()).unwrap();
    fs::write(run.join("recipe.toml"), format!("# {HOSTILE}\n")).unwrap();
    let stats = fs::read_to_string(run.join("stats.jsonl")).unwrap();
    fs::write(run.join("stats.jsonl"), stats + "{\"images\": 99").unwrap();
    let renamed = folder.path().join("a <img src=x onerror=alert(1)> b");
    fs::rename(run, &renamed).unwrap();
    let answer = steadygan_with(folder.path(), &["report", renamed.to_str().unwrap()]).done();
    let page = fs::read_to_string(answer.last_line()).unwrap();
    assert!(!page.contains("<img") && !page.contains("<!--") && !page.contains("alert(1)</script>"));
    assert_eq!(page.matches("<script").count(), 2);
    assert!(data_of(&page)["answers"]["/api/runs"]["runs"][0]["data"]["name"] == HOSTILE);
}

#[test]
fn a_study_is_reported_as_one_file() {
    let folder = workplace();
    let study = folder.path().join("screen");
    fs::create_dir(&study).unwrap();
    let record = r#"{"format_version":1,"plan":{"design":"full","rows":[[0],[1]],"seeds":[1]}}"#;
    fs::write(study.join("study.json"), record).unwrap();
    train(folder.path(), "tiny.toml --quiet --out screen/runs");
    let answer = steadygan(folder.path(), "report screen").done();
    assert_eq!(answer.stdout, "screen: 0 of 2 runs judged, 0 failed; no effects yet\n\nscreen/report.html\n");
    let page = fs::read_to_string(study.join("report.html")).unwrap();
    assert_loads_nothing(&page);
    let held = data_of(&page);
    assert_eq!(held["answers"]["/api/study?study=screen"]["record"]["plan"]["design"], "full");
    assert_eq!(held["answers"]["/api/runs"]["runs"].as_array().unwrap().len(), 1);
    fs::write(study.join("study.json"), "{").unwrap();
    let (error, _) = steadygan(folder.path(), "report screen --gif").refused();
    assert_eq!(error, "--gif and --svg show one run");
    let (error, _) = steadygan(folder.path(), "report screen").refused();
    assert_eq!(error, "cannot report screen: its study.json cannot be read");
}

#[test]
fn what_is_neither_run_nor_study_is_refused() {
    let folder = workplace();
    for path in ["nowhere", "."] {
        let (error, hint) = steadygan(folder.path(), &format!("report {path}")).refused();
        assert!(!error.is_empty() && hint.contains("run"), "{error}: {hint}");
    }
    assert!(!Path::new("report.html").exists());
}
