//! Evaluates runs on mixtures: counts how many of the modes their points capture.

use super::Request;
use crate::data::{Mixture, Samples};
use crate::device::device;
use crate::error::{Error, Result};
use crate::metrics::modes::{Modes, POINTS};
use crate::metrics::subsamples::{Estimate, halves};
use crate::rng;
use crate::run::checkpoint_of;
use steadygan_run::evaluation::Metric;
use steadygan_run::{Evaluation, Manifest, RunDirectory};

/// The name on the command line of the metrics that count modes.
pub(super) const MODES: &str = "modes";

/// The mixture that a run was trained on, if its data is one.
pub(super) fn mixture(run: Option<&RunDirectory>) -> Result<Option<Mixture>> {
    let Some(run) = run else { return Ok(None) };
    Ok(Mixture::named(&Manifest::load(&run.manifest())?.data.source))
}

/// Counts the modes of a run's points. The floor is the same count on as many points of the mixture itself.
pub(super) fn evaluate(request: &Request, run: &RunDirectory, mixture: &Mixture) -> Result<Evaluation> {
    if let Some(against) = &request.against {
        let message = format!("the run makes points, which are not compared with {against}");
        return Err(Error::recipe(message, "leave out --against: they are compared with their own mixture"));
    }
    if request.metrics.iter().any(|name| name != MODES) {
        return Err(Error::recipe("the run makes points, which have only the metric `modes`", "leave out --metrics"));
    }
    let device = device(&request.device)?.inner();
    let checkpoint = checkpoint_of(run, request.checkpoint)?;
    let plan = &checkpoint.provenance().plan;
    let (model, seed) = (&plan.model, request.seed);
    let count = request.samples.unwrap_or(POINTS).max(2);
    let mut stream = rng::stream(seed, "evaluate", 0);
    let latents = model.latent_distribution.draw(count, model.latent, model.truncation, &mut stream);
    let noise = model.noise_in_sampling.then(|| rng::stream(seed, "evaluate/noise", 0));
    let values = checkpoint.generator(&device)?.sample(&latents, noise, &device);
    let fakes = Samples::Points(Vec::new()).from_values(&values, model.range);
    let reals = mixture.draw(count, &mut rng::stream(seed, "evaluate/reals", 0));
    Ok(Evaluation {
        format_version: steadygan_run::FORMAT_VERSION,
        of: request.of.clone(),
        images: Some(checkpoint.images()),
        checkpoint: Some(request.checkpoint.to_string()),
        against: plan.data.source.clone(),
        size: model.size,
        channels: model.channels,
        seed,
        metrics: rows(mixture, fakes.points(), &reals, seed),
        caveats: Vec::new(),
        skipped: Vec::new(),
    })
}

fn rows(mixture: &Mixture, fakes: &[[f32; 2]], reals: &[[f32; 2]], seed: u64) -> Vec<Metric> {
    let of = |points: &[[f32; 2]]| Modes::of_points(&mixture.centers, mixture.sigma, points);
    let (found, floor) = (of(fakes), of(reals));
    let halves = halves(fakes.len(), "fakes", seed);
    let of_halves: Vec<Modes> =
        halves.iter().map(|half| of(&half.iter().map(|&at| fakes[at]).collect::<Vec<_>>())).collect();
    let row = |metric: &str, better: &str, value: fn(&Modes) -> f64| {
        let of_halves: Vec<f64> = of_halves.iter().map(value).collect();
        let estimate = Estimate::new(value(&found), &of_halves);
        let [low, high] = estimate.interval();
        Metric {
            metric: metric.into(),
            name: format!("{metric}-pacgan"),
            better: better.into(),
            value: estimate.value,
            low,
            high,
            floor: value(&floor),
            samples: fakes.len() as u64,
            reals: reals.len() as u64,
            floor_samples: reals.len() as u64,
            caveat: None,
        }
    };
    vec![
        row("modes", "higher", |modes| modes.captured() as f64),
        row("high-quality", "floor", Modes::high_quality),
        row("reverse-kl", "lower", Modes::reverse_kl),
    ]
}
