//! All effects of a study, and the effect it can detect.

use super::estimate::{EffectEstimate, EffectEstimator, Scores};
use super::failures::{Arm, Failures, failure_uncertainty};
use super::screening::lenth;
use super::verdict::{Interval, Verdict, VerdictSource, verdict};
use crate::contrast::{Contrast, Term};
use crate::design::Design;
use crate::distribution::{Dependence, critical_value, detectable_ratio, upper_deviation};
use crate::noise::Noise;
use crate::plan::StudyPlan;
use crate::settings::VerdictSettings;
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// The effect of a factor, of a control or of a pair of factors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// What is compared.
    pub term: Term,
    /// The same in words.
    pub name: String,
    /// The effect on the logarithm of the distance; `None` while runs are missing or nothing shows their noise.
    pub interval: Option<Interval>,
    /// What the interval says. For an interaction, helps and hurts only mean that there is one.
    pub verdict: Verdict,
    /// Failures of the rows with the level, and of the rows that these are compared with.
    pub failures: [Failures; 2],
}

/// The analysis of a study's runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Whether the intervals come from replicates or from a screening.
    #[serde(rename = "decided")]
    pub verdict_source: VerdictSource,
    /// The noise estimated from the replicates.
    pub noise: Option<Noise>,
    /// The effect of each factor, of each dependent factor where the factor that it acts through is on, and of each
    /// control. Their intervals hold at once.
    pub effects: Vec<Effect>,
    /// The interaction of each pair of switches. Their intervals are a family of their own. In a fold-over each
    /// interaction is mixed with those of other pairs.
    pub interactions: Vec<Effect>,
}

/// Analyses a study's scores; `scores` has one row for each row of the plan.
pub fn analyse(plan: &StudyPlan, scores: &Scores) -> Analysis {
    let estimator = EffectEstimator::of(scores, None);
    let noise = estimator.noise();
    let [terms, pairs] = [plan.terms(), plan.pairs()];
    let margin = if noise.is_none() { screening_margin(plan, scores, &terms, &pairs) } else { None };
    let effects = |terms: Vec<(Term, Contrast)>| -> Vec<Effect> {
        let family = Family::new(plan.settings.confidence, terms.len(), plan.dependence());
        terms.into_iter().map(|(term, contrast)| effect(plan, &estimator, (term, contrast), &family, margin)).collect()
    };
    let verdict_source = if noise.is_some() { VerdictSource::Replicates } else { VerdictSource::Screening };
    Analysis { verdict_source, noise, effects: effects(terms), interactions: effects(pairs) }
}

impl Analysis {
    /// The unresolved effects, one sentence each.
    pub fn open(&self) -> Vec<String> {
        let one = |Effect { name, interval, verdict, .. }: &Effect| match (verdict, interval) {
            (Verdict::Unresolved, None) => Some(format!("{name}: its runs are missing, or nothing shows their noise")),
            (Verdict::Unresolved, Some(Interval { low, high, .. })) => {
                let percent = |log: f64| 100.0 * log.exp_m1();
                let (low, high) = (percent(*low), percent(*high));
                Some(format!("{name}: anything from {low:+.0}% to {high:+.0}% of the distance"))
            }
            _ => None,
        };
        self.effects.iter().filter_map(one).collect()
    }
}

/// A family of intervals that hold at once.
pub(crate) struct Family {
    confidence: f64,
    count: usize,
    dependence: Dependence,
    /// The last degrees of freedom and their critical value, cached because most effects have the same degrees of
    /// freedom.
    solved: Cell<(f64, f64)>,
}

impl Family {
    pub(crate) fn new(confidence: f64, count: usize, dependence: Dependence) -> Self {
        Self { confidence, count, dependence, solved: Cell::new((f64::NAN, f64::NAN)) }
    }

    fn critical(&self, freedom: f64) -> f64 {
        if self.solved.get().0 != freedom {
            self.solved.set((freedom, critical_value(self.confidence, self.count, freedom, self.dependence)));
        }
        self.solved.get().1
    }

    /// The confidence that each interval by itself would need if they were independent.
    fn each(&self) -> f64 {
        self.confidence.powf(1.0 / self.count.max(1) as f64)
    }
}

/// One effect of a family. `screening_margin` is half the width of its interval if nothing shows the noise.
fn effect(
    plan: &StudyPlan,
    estimator: &EffectEstimator,
    (term, contrast): (Term, Contrast),
    family: &Family,
    screening_margin: Option<f64>,
) -> Effect {
    let VerdictSettings { confidence, margin } = plan.settings;
    let scores = estimator.scores;
    let from_screening = || {
        let width = screening_margin.filter(|_| !matches!(term, Term::Given { .. } | Term::Control { .. }))?;
        let means: Vec<f64> = (0..scores.0.len()).map(|row| scores.mean(row)).collect::<Option<_>>()?;
        let estimate = contrast.of(&means);
        Some(Interval { estimate, low: estimate - width, high: estimate + width })
    };
    let interval = interval(estimator, &contrast, family).or_else(from_screening);
    Effect {
        name: plan.describe(&term),
        verdict: interval.map_or(Verdict::Unresolved, |interval| verdict(interval, margin)),
        interval,
        failures: [Arm::Level, Arm::Against].map(|arm| Failures::of_arm(scores, &contrast, arm, confidence)),
        term,
    }
}

/// The interval of a contrast as one of a family: the estimate, plus and minus the critical number of standard errors
/// combined with the [`failure_uncertainty`]. `None` as for [`EffectEstimator::estimate`].
pub(crate) fn interval(estimator: &EffectEstimator, contrast: &Contrast, family: &Family) -> Option<Interval> {
    let EffectEstimate { value, standard_error, freedom } = estimator.estimate(contrast)?;
    let width = standard_error * family.critical(freedom);
    let squares = failure_uncertainty(estimator.scores, contrast, family.each());
    let [low, high] = squares.map(|square| (width.powi(2) + square).sqrt());
    Some(Interval { estimate: value, low: value - low, high: value + high })
}

/// Lenth's simultaneous margin over the main effects and, in a full factorial, the interactions. `None` in a
/// one-at-a-time design or where a factor has more than two levels, because then the effects are not independent and of
/// equal variance; `None` also while a run is missing.
fn screening_margin(
    plan: &StudyPlan,
    scores: &Scores,
    terms: &[(Term, Contrast)],
    pairs: &[(Term, Contrast)],
) -> Option<f64> {
    let two_levels = plan.factors.iter().all(|factor| factor.levels.len() == 2);
    if plan.design.is_one_at_a_time() || !two_levels {
        return None;
    }
    let means: Vec<f64> = (0..plan.designed).map(|row| scores.mean(row)).collect::<Option<_>>()?;
    let mains = terms.iter().filter(|(term, _)| matches!(term, Term::Main { .. }));
    let pairs = pairs.iter().filter(|_| plan.design == Design::Full);
    let effects: Vec<f64> = mains.chain(pairs).map(|(_, contrast)| contrast.of(&means)).collect();
    Some(lenth(&effects, plan.settings.confidence)?.simultaneous)
}

/// The probability that an effect of the detectable size is found.
const POWER: f64 = 0.8;

/// The confidence that the true noise is at most the noise that the detectable size is computed with.
const NOISE_CONFIDENCE: f64 = 0.8;

/// The smallest effect of a factor, on the logarithm of the distance, whose interval will exclude zero with probability
/// 0.8 if no run fails. `noise` is an estimate from earlier runs; the upper end of its one-sided 80% interval is used.
pub fn detectable(plan: &StudyPlan, noise: Noise) -> f64 {
    let terms = plan.terms();
    let mains = terms.iter().filter(|(term, _)| matches!(term, Term::Main { .. }));
    let square = mains.clone().map(|(_, contrast)| contrast.square()).fold(0.0, f64::max);
    let seeds = plan.seeds.len();
    let freedom = match seeds {
        1 => mains.count() as f64 / 3.0,
        _ => ((plan.rows.len() - 1) * (seeds - 1)) as f64,
    };
    let critical = critical_value(plan.settings.confidence, terms.len(), freedom, plan.dependence());
    let deviation = upper_deviation(noise.deviation, noise.freedom, NOISE_CONFIDENCE);
    detectable_ratio(POWER, critical, freedom) * deviation * (square / seeds as f64).sqrt()
}
