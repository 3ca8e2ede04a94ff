use super::*;
use crate::study::is_study;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn run_in(parent: &Path) -> RunDirectory {
    let run = RunDirectory::create(parent, "a").unwrap();
    fs::write(run.plan(), "{\"train\":{\"images\":100}}").unwrap();
    fs::write(run.stats(), "{\"images\":64,\"loss_d\":0.1}\nrubbish\n{\"images\":128,\"lo").unwrap();
    run
}

fn sheet(run: &RunDirectory, images: u64, bytes: usize) {
    fs::create_dir_all(run.fakes_folder()).unwrap();
    fs::write(fakes(run, images), [PNG, &vec![b'x'; bytes]].concat()).unwrap();
}

fn data(report: &Report) -> Value {
    let (_, data) = report.html.split_once("id=\"report-data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn sheets_are_chosen_evenly_with_the_first_and_the_last() {
    let values: Vec<u64> = (0..=100).collect();
    assert_eq!(evenly(&values, 5), [0, 25, 50, 75, 100]);
    assert_eq!(evenly(&values, 1), [100]);
    assert_eq!(evenly(&values[..3], 3), [0, 1, 2]);
    assert_eq!(evenly(&values, 24).len(), 24);
    assert_eq!(fitting(&values, 24, |chosen| (chosen.len() as u64) << 20).len(), 12, "a MiB each");
    assert!(fitting(&values, 24, |_| u64::MAX).is_empty());
    assert!(fitting(&[], 24, |_| 0).is_empty());
}

#[test]
fn a_run_is_contained_as_the_dashboard_answers() {
    let place = tempfile::tempdir().unwrap();
    let run = run_in(place.path());
    for images in 0..30 {
        sheet(&run, images * 64, 10);
    }
    let report = report_run(&run, vec![json!({ "images": 0, "finding": "few-images" })]).unwrap();
    assert_eq!((report.sheets, report.sheets_written), (24, 30));
    let data = data(&report);
    assert_eq!(data["start"], "#/run/00001-a");
    let detail = &data["answers"]["/api/run?run=00001-a"];
    assert_eq!((&detail["sheets_written"], &detail["findings"][0]["finding"]), (&json!(30), &json!("few-images")));
    let sheets = detail["sheets"].as_array().unwrap();
    assert_eq!((sheets.len(), &sheets[0], &sheets[23]), (24, &json!(0), &json!(29 * 64)));
    let picture = &data["answers"]["/api/picture?run=00001-a&of=fakes&images=1856"];
    assert!(picture.as_str().unwrap().starts_with("data:image/png;base64,iVBORw0KGgp4eHh4"), "{picture}");
    let curves = &data["answers"]["/api/curves?run=00001-a"];
    assert_eq!(
        (&curves["stats"][0]["images"], &curves["notes"][0]),
        (&json!([64]), &json!("1 line of stats.jsonl could not be read and was skipped"))
    );
    assert!(report.html.contains("[[0.1]]"), "numbers are as short as they were written");
}

/// Names are encoded as the pages encode them, and are no markup.
#[test]
fn a_hostile_name_is_an_address_and_text() {
    let place = tempfile::tempdir().unwrap();
    let run = run_in(place.path());
    let path = place.path().join("a&b=c +ü<img>'");
    fs::rename(run.path(), &path).unwrap();
    let report = report_run(&RunDirectory::open(&path).unwrap(), Vec::new()).unwrap();
    let data = data(&report);
    assert_eq!(data["start"], "#/run/a%26b%3Dc%20%2B%C3%BC%3Cimg%3E%27");
    assert!(data["answers"]["/api/run?run=a%26b%3Dc+%2B%C3%BC%3Cimg%3E%27"].is_object());
    assert!(!report.html.contains("<img"));
}

#[test]
fn a_study_contains_its_runs_and_their_sheets_after_the_same_images() {
    let place = tempfile::tempdir().unwrap();
    let study = place.path().join("screen");
    fs::create_dir(&study).unwrap();
    assert!(!is_study(&study));
    fs::write(study.join("study.json"), "{\"plan\":{\"rows\":[[0]],\"seeds\":[1,2]}}").unwrap();
    fs::write(study.join("recommended.toml"), "base = \"plain\"").unwrap();
    let runs: Vec<RunDirectory> = (0..3).map(|_| run_in(&study.join("runs"))).collect();
    for (run, last) in runs.iter().zip([10, 10, 3]) {
        (1..=last).for_each(|images| sheet(run, images, 10));
    }
    let report = report_study(&study).unwrap();
    assert_eq!(report.outcome, "0 of 2 runs judged, 0 failed; no effects yet");
    assert_eq!((report.sheets, report.sheets_written), (9, 23));
    let data = data(&report);
    assert_eq!(data["answers"]["/api/study?study=screen"]["recommended"], "base = \"plain\"");
    let sheets = |id: &str| data["answers"][format!("/api/run?run=screen%2Fruns%2F{id}")]["sheets"].clone();
    assert_eq!((sheets("00001-a"), sheets("00003-a")), (json!([1, 4, 7, 10]), json!([1])));
    fs::write(study.join("study.json"), "{").unwrap();
    let error = report_study(&study).unwrap_err().to_string();
    assert!(error.ends_with("screen: its study.json cannot be read"), "{error}");
}
