//! The metrics of images by name. To add one: write a function here that makes its rows, and add a line to `CATALOGUE`.

use super::logits::logits;
use super::points::MODES;
use super::rows::{DISTANCE, SHARE, clip_interval, row};
use super::subject::{FeaturesOfBoth, RunInputs, Subject};
use super::{Request, digits};
use crate::data::{Images, Samples};
use crate::error::{Error, Result};
use crate::metrics::subsamples::{Estimate, draw, two_disjoint};
use crate::metrics::{
    Features, duplicate_radius, frechet, frechet_distance, kernel, kernel_distance, mean_ms_ssim,
    mean_pairwise_distance, memorisation, ms_ssim, neighbours, overfit_gap, pixel_rows, prdc, sliced_wasserstein,
    support, swd,
};
use crate::names::nearest;
use steadygan_run::Evaluation;
use steadygan_run::evaluation::{Metric, Skipped};

/// With fewer images than this, the Fréchet distance on a thousand features is mostly bias.
const FEW_FOR_FRECHET: usize = 2_000;

/// The most images among which the mean distance is taken: half a million pairs.
const MAX_SPREAD: usize = 1_000;

/// Makes the rows of one metric, or of several metrics that are computed together.
type Measure = fn(&Subject) -> Result<Vec<Metric>>;

/// Which images a metric can be measured on.
#[derive(PartialEq)]
enum AppliesTo {
    /// On all images that can be evaluated.
    AllImages,
    /// Not on images that are too small or come from no run. Then the metric is skipped, unless the caller named it.
    SomeImages,
    /// On stacked digits, whose modes are known. On other images it is left out, unless the caller named it.
    StackedDigits,
}

/// The metrics, in the order of the printed table.
const CATALOGUE: &[(&[&str], Measure, AppliesTo)] = &[
    (&["kernel-distance"], measure_kernel, AppliesTo::AllImages),
    (&["frechet-distance"], measure_frechet, AppliesTo::AllImages),
    (&["precision", "recall", "density", "coverage"], measure_prdc, AppliesTo::AllImages),
    (&["sliced-wasserstein"], measure_swd, AppliesTo::SomeImages),
    (&["ms-ssim"], measure_ms_ssim, AppliesTo::SomeImages),
    (&["diversity"], measure_diversity, AppliesTo::AllImages),
    (&["support"], measure_support, AppliesTo::AllImages),
    (&["memorisation"], measure_memorisation, AppliesTo::SomeImages),
    (&["overfit-gap"], measure_overfit_gap, AppliesTo::SomeImages),
    (&[MODES], digits::measure, AppliesTo::StackedDigits),
];

/// The metrics' names, in the order of the printed table; last `modes`, for points and stacked digits.
pub fn names() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().flat_map(|(names, ..)| names.iter().copied())
}

/// Parses a comma-separated list of metrics' names.
///
/// # Errors
///
/// A name is not a metric's.
pub fn parse_names(list: &str) -> Result<Vec<String>> {
    let parse = |name: &str| match names().find(|known| *known == name) {
        Some(known) => Ok(known.to_owned()),
        None => {
            let nearest = nearest(names(), name).unwrap_or_default();
            let hint = format!("the nearest one is `{nearest}`; all: {}", names().collect::<Vec<_>>().join(" "));
            Err(Error::recipe(format!("there is no metric `{name}`"), hint))
        }
    };
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(parse).collect()
}

/// Measures the requested metrics, or all that apply if none is named. Then a metric of [`AppliesTo::SomeImages`] that
/// cannot be measured is skipped.
pub(super) fn measure(request: &Request, subject: &Subject) -> Result<Evaluation> {
    let (mut metrics, mut skipped) = (Vec::new(), Vec::new());
    let named = |name: &str| request.metrics.iter().any(|named| named == name);
    for (names, measure, applies_to) in CATALOGUE {
        let wanted = match request.metrics[..] {
            [] => *applies_to != AppliesTo::StackedDigits || subject.stacked,
            _ => names.iter().any(|name| named(name)),
        };
        if !wanted {
            continue;
        }
        // If a function's metrics share one name, naming it keeps all of its rows.
        let all = request.metrics.is_empty() || names.len() == 1;
        match measure(subject) {
            Ok(rows) => metrics.extend(rows.into_iter().filter(|row| all || named(&row.metric))),
            Err(error) if request.metrics.is_empty() && *applies_to == AppliesTo::SomeImages => {
                skipped.extend(names.iter().map(|name| Skipped { metric: (*name).to_owned(), why: error.to_string() }));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Evaluation {
        format_version: steadygan_run::FORMAT_VERSION,
        of: request.of.clone(),
        images: subject.run.as_ref().map(|run| run.images),
        checkpoint: subject.run.as_ref().map(|run| run.checkpoint.to_string()),
        against: subject.against.clone(),
        size: subject.fakes.size,
        channels: subject.fakes.channels,
        seed: subject.seed,
        metrics,
        caveats: Vec::new(),
        skipped,
    }
    .with_caveats(subject.caveats.clone()))
}

fn floor_features(subject: &Subject, both: &FeaturesOfBoth) -> [Features; 2] {
    [0, 1].map(|side| both.reals.select(&subject.floor[side]))
}

fn measure_kernel(subject: &Subject) -> Result<Vec<Metric>> {
    let both = subject.features()?;
    let [a, b] = floor_features(subject, both);
    let floor = kernel_distance(&a, &b, subject.seed)?.value;
    let found = kernel_distance(&both.fakes, &both.reals, subject.seed)?;
    Ok(vec![row(subject, "kernel-distance", kernel::name(&both.network), "lower", found, floor)])
}

fn measure_frechet(subject: &Subject) -> Result<Vec<Metric>> {
    let both = subject.features()?;
    let [a, b] = floor_features(subject, both);
    let floor = frechet::frechet_value(&a, &b)?;
    let found = frechet_distance(&both.fakes, &both.reals, subject.seed)?;
    let row = row(subject, "frechet-distance", frechet::name(&both.network), "lower", found, floor);
    let few = row.samples.min(row.reals).min(row.floor_samples) < FEW_FOR_FRECHET as u64;
    let caveat = format!("of fewer than {FEW_FOR_FRECHET} images it is mostly bias: use the kernel distance");
    Ok(vec![clip_interval(DISTANCE, Metric { caveat: few.then_some(caveat), ..row })])
}

fn measure_prdc(subject: &Subject) -> Result<Vec<Metric>> {
    let both = subject.features()?;
    let [a, b] = floor_features(subject, both);
    let floor = prdc(&a, &b, subject.seed)?;
    let found = prdc(&both.fakes, &both.reals, subject.seed)?;
    let rows = [
        ("precision", found.precision, floor.precision, SHARE),
        ("recall", found.recall, floor.recall, SHARE),
        ("density", found.density, floor.density, DISTANCE),
        ("coverage", found.coverage, floor.coverage, SHARE),
    ];
    let make = |(metric, found, floor, range): (&str, Estimate, Estimate, [f64; 2])| {
        let name = format!("{metric}-k{}-{}", prdc::NEIGHBOUR, both.network.name());
        clip_interval(range, row(subject, metric, name, "higher", found, floor.value))
    };
    Ok(rows.map(make).to_vec())
}

fn measure_swd(subject: &Subject) -> Result<Vec<Metric>> {
    let [a, b] = subject.floor_images();
    let floor = sliced_wasserstein(&a, &b, subject.seed)?.value;
    let found = sliced_wasserstein(&subject.fakes, &subject.reals, subject.seed)?;
    let count = subject.fakes.count().min(subject.reals.count()).min(swd::MAX_IMAGES) as u64;
    let floor_samples = a.count().min(swd::MAX_IMAGES) as u64;
    let row = row(subject, "sliced-wasserstein", format!("swd-{}px", subject.fakes.size), "lower", found, floor);
    Ok(vec![clip_interval(DISTANCE, Metric { samples: count, reals: count, floor_samples, ..row })])
}

fn measure_ms_ssim(subject: &Subject) -> Result<Vec<Metric>> {
    let own = mean_ms_ssim(&subject.reals, subject.seed)?.value;
    let found = mean_ms_ssim(&subject.fakes, subject.seed)?;
    let name = format!("ms-ssim-{}scales", ms_ssim::scales(subject.fakes.size));
    let row = row(subject, "ms-ssim", name, "floor", found, own);
    let used = |count: u64| count.min(2 * ms_ssim::MAX_PAIRS as u64);
    Ok(vec![clip_interval(
        SHARE,
        Metric { samples: used(row.samples), reals: used(row.reals), floor_samples: used(row.reals), ..row },
    )])
}

/// The mean pixel distance among fakes, divided by the mean pixel distance among reals.
fn measure_diversity(subject: &Subject) -> Result<Vec<Metric>> {
    let spread = |images: &Images, chosen: &[usize]| mean_pairwise_distance(&Samples::from(images.select(chosen)));
    let of = |images: &Images| draw(images.count(), MAX_SPREAD.min(images.count()), "evaluate/spread", subject.seed);
    let (fakes, reals) = (of(&subject.fakes), of(&subject.reals));
    let among_reals = spread(&subject.reals, &reals);
    if among_reals == 0.0 {
        return Err(Error::data("the reals are all equal", "name images that differ: --against DATA"));
    }
    let ratio = |part: &[usize]| {
        let chosen: Vec<usize> = part.iter().map(|&at| fakes[at]).collect();
        spread(&subject.fakes, &chosen) / among_reals
    };
    let found = Estimate::over(fakes.len(), "fakes", subject.seed, ratio);
    let [a, b] = [0, 1].map(|side| {
        let set = &subject.floor[side];
        spread(&subject.reals, &set[..MAX_SPREAD.min(set.len())])
    });
    let row = row(subject, "diversity", "diversity-pixels".into(), "floor", found, a / b);
    let floor_samples = row.floor_samples.min(MAX_SPREAD as u64);
    let row = Metric { samples: fakes.len() as u64, reals: reals.len() as u64, floor_samples, ..row };
    Ok(vec![clip_interval(DISTANCE, row)])
}

fn measure_support(subject: &Subject) -> Result<Vec<Metric>> {
    let [fakes, reals] = subject.rows()?;
    let radius = duplicate_radius(reals)?;
    let (found, own) = (support(fakes, radius, subject.seed)?, support(reals, radius, subject.seed)?);
    let row = row(subject, "support", "support-pixels".into(), "floor", found, own.value);
    let pairs = row.samples as f64 * (row.samples - 1) as f64 / 2.0;
    let caveat =
        (found.value >= pairs).then(|| "at most one near duplicate: there are at least about that many".to_owned());
    Ok(vec![clip_interval(DISTANCE, Metric { floor_samples: row.reals, caveat, ..row })])
}

fn run_inputs(subject: &Subject) -> Result<&RunInputs> {
    let run = subject.run.as_ref().filter(|run| run.holdout.count() >= 2 * neighbours::MIN_IMAGES);
    run.ok_or_else(|| Error::data(subject.why_no_run_inputs.clone(), "evaluate a run that is beside its data"))
}

fn measure_memorisation(subject: &Subject) -> Result<Vec<Metric>> {
    let run = run_inputs(subject)?;
    let (train, holdout) = (pixel_rows(&run.train)?, pixel_rows(&run.holdout)?);
    let found = memorisation(&subject.rows()?[0], &train, &holdout, subject.seed)?;
    let [a, b] = two_disjoint(holdout.count(), holdout.count() / 2, subject.seed);
    let floor = memorisation(&holdout.select(&a), &train, &holdout.select(&b), subject.seed)?.value;
    let row = row(subject, "memorisation", "memorisation-pixels".into(), "lower", found, floor);
    Ok(vec![Metric { reals: (train.count() + holdout.count()) as u64, floor_samples: a.len() as u64, ..row }])
}

fn measure_overfit_gap(subject: &Subject) -> Result<Vec<Metric>> {
    let run = run_inputs(subject)?;
    let found = overfit_gap(&logits(run, &run.train), &logits(run, &run.holdout), subject.seed)?;
    let row = row(subject, "overfit-gap", "overfit-gap".into(), "lower", found, 0.0);
    Ok(vec![Metric { samples: run.train.count() as u64, reals: run.holdout.count() as u64, floor_samples: 0, ..row }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_field_lead_to_names_that_exist() {
        use crate::metrics::network::{DEFAULT_NETWORK, DIGITS};
        let known: Vec<&str> =
            names().chain(crate::heuristics::cards().map(|card| card.name)).chain([DEFAULT_NETWORK, DIGITS]).collect();
        for (alias, meant) in crate::names::ALSO_KNOWN_AS {
            assert!(known.contains(&meant) && !known.contains(&alias), "{alias}: {meant}");
        }
        let hint = parse_names("fid").unwrap_err();
        assert!(hint.hint().starts_with("the nearest one is `frechet-distance`; "), "{}", hint.hint());
    }

    #[test]
    fn metrics_are_named_between_commas() {
        assert_eq!(parse_names("precision, recall,").unwrap(), ["precision", "recall"]);
        let error = parse_names("presision").unwrap_err();
        assert_eq!(error.to_string(), "there is no metric `presision`");
        assert!(error.hint().starts_with("the nearest one is `precision`; all: kernel-distance "), "{}", error.hint());
    }
}
