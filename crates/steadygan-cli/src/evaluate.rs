//! `steadygan evaluate`: a table of metrics of a run's fakes or of any images.

use crate::arguments::{Evaluate, Options};
use crate::console::{answer, say};
use serde_json::{Map, Value, json};
use std::env;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use steadygan::Result;
use steadygan::evaluate::{Request, evaluate as measure, parse_names};
use steadygan_run::Evaluation;
use steadygan_run::evaluation::Metric;

pub(crate) fn evaluate(arguments: &Evaluate, options: &Options) -> Result<ExitCode> {
    let request = Request {
        of: arguments.of.clone(),
        against: arguments.against.clone(),
        metrics: parse_names(&arguments.metrics)?,
        samples: arguments.samples,
        size: arguments.size,
        checkpoint: arguments.checkpoint.kind()?,
        network: arguments.network.clone(),
        seed: arguments.seed,
        cache: cache_folder(),
        device: arguments.device.name.clone(),
    };
    let evaluation = measure(&request)?;
    if !options.quiet {
        for skipped in &evaluation.skipped {
            say(&format!("not measured: {} ({})", skipped.metric, skipped.why));
        }
    }
    answer(&if options.json { in_json(&evaluation) } else { table(&evaluation) })?;
    Ok(ExitCode::SUCCESS)
}

/// The folder in which features of reals are cached: `steadygan/features` in the user's folder for caches, if there is
/// one.
fn cache_folder() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = folder("XDG_CACHE_HOME").or_else(|| folder("LOCALAPPDATA"));
    let caches = caches.or_else(|| folder("HOME").map(|home| home.join(".cache")))?;
    Some(caches.join("steadygan").join("features"))
}

/// The evaluation as JSON, with each value also under its metric's name and each floor also in the object `floor`.
fn in_json(evaluation: &Evaluation) -> String {
    let mut object = serde_json::to_value(evaluation).expect("an evaluation is plain data");
    let mut floors = Map::new();
    for metric in &evaluation.metrics {
        object[&metric.metric] = json!(metric.value);
        floors.insert(metric.metric.clone(), json!(metric.floor));
    }
    object["floor"] = Value::Object(floors);
    object.to_string()
}

fn table(evaluation: &Evaluation) -> String {
    let Evaluation { of, images, checkpoint, against, size, channels, metrics, .. } = evaluation;
    let mut text = of.clone();
    if let (Some(images), Some(checkpoint)) = (images, checkpoint) {
        let _ = write!(text, " ({checkpoint} checkpoint, {images} images)");
    }
    let kind = match channels {
        1 => format!("{size}×{size} grey"),
        3 => format!("{size}×{size} colour"),
        _ => "points".to_owned(),
    };
    let _ = writeln!(text, "\nagainst {against}; {kind}\n");
    let widest = metrics.iter().map(|metric| metric.name.len()).max().unwrap_or(0);
    let heads = ["value", "95% interval", "reals' own", "better", "fakes/reals/own"];
    let line = |name: &str, cells: [String; 5]| {
        let [value, interval, floor, better, counts] = cells;
        format!("{name:<widest$}  {value:>9}  {interval:>21}  {floor:>10}  {better:<6}  {counts}")
    };
    let _ = writeln!(text, "{}", line("", heads.map(str::to_owned)));
    for metric in metrics {
        let _ = writeln!(text, "{}", line(&metric.name, cells(metric)));
    }
    for (name, caveat) in metrics.iter().filter_map(|row| Some((&row.name, evaluation.own_caveat(row)?))) {
        let _ = writeln!(text, "\n{name}: {caveat}");
    }
    for caveat in &evaluation.caveats {
        let _ = writeln!(text, "\nall metrics: {caveat}");
    }
    text
}

fn cells(metric: &Metric) -> [String; 5] {
    let Metric { value, low, high, floor, samples, reals, floor_samples, .. } = metric;
    let better = match metric.better.as_str() {
        "floor" => "near",
        other => other,
    };
    [
        number(*value),
        format!("{} to {}", number(*low), number(*high)),
        number(*floor),
        better.to_owned(),
        format!("{samples}/{reals}/{floor_samples}"),
    ]
}

/// A number with four digits after the point; with one from 100 on, with none from 10,000 on.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1e4 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        _ => format!("{value:.4}"),
    }
}
