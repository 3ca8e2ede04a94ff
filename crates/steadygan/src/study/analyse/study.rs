//! A whole study's effects.

use super::failures::{Arm, Failures, doubt};
use super::noise::{Evidence, Noise, Scores};
use super::screening::lenth;
use super::verdict::{Decided, Interval, Verdict, verdict};
use crate::study::contrast::{Contrast, Term};
use crate::study::design::Design;
use crate::study::distribution::{Together, critical_value, detectable_ratio, upper_deviation};
use crate::study::record::StudyPlan;
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// How effects are judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The probability that all intervals of a family hold at once, in (0, 1).
    pub confidence: f64,
    /// δ: effects on the logarithm of the distance below this do not matter.
    pub margin: f64,
}

impl Default for Settings {
    /// 95%, and a distance changed by less than a tenth: about what changing the seed of a small GAN does.
    fn default() -> Self {
        Self { confidence: 0.95, margin: 1.1f64.ln() }
    }
}

/// What a factor, a control or a pair of factors does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// What is compared.
    pub term: Term,
    /// The same in words.
    pub name: String,
    /// The effect on the logarithm of the distance; `None` where the runs show none (yet).
    pub interval: Option<Interval>,
    /// What the interval says; of an interaction only whether it is there.
    pub verdict: Verdict,
    /// Failures with the level, and with what it is compared with.
    pub failures: [Failures; 2],
}

/// What a study's runs say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Whether intervals come from replicates.
    pub decided: Decided,
    /// The noise that the replicates show.
    pub noise: Option<Noise>,
    /// What each factor does, each dependent factor where the other is on, and each control; their intervals hold at once.
    pub effects: Vec<Effect>,
    /// What each pair of switches does beyond that, a family of intervals of its own; in a fold-over each is mixed with other pairs.
    pub interactions: Vec<Effect>,
}

/// The analysis of a study's scores, a row of them for each of the plan's rows.
pub fn analyse(plan: &StudyPlan, scores: &Scores) -> Analysis {
    let evidence = Evidence::of(scores, None);
    let noise = evidence.noise();
    let [terms, pairs] = [plan.terms(), plan.pairs()];
    let screening = if noise.is_none() { screened(plan, scores, &terms, &pairs) } else { None };
    let judge = |terms: Vec<(Term, Contrast)>| -> Vec<Effect> {
        let family = Family::new(plan.settings.confidence, terms.len(), plan.together());
        terms
            .into_iter()
            .map(|(term, contrast)| effect(plan, &evidence, (term, contrast), &family, screening))
            .collect()
    };
    let decided = if noise.is_some() { Decided::Replicates } else { Decided::Screening };
    Analysis { decided, noise, effects: judge(terms), interactions: judge(pairs) }
}

impl Analysis {
    /// What could not be resolved, in sentences.
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

/// Intervals that hold at once.
pub(in crate::study) struct Family {
    confidence: f64,
    count: usize,
    together: Together,
    /// The last degrees of freedom and their critical value: mostly all effects have the same.
    solved: Cell<(f64, f64)>,
}

impl Family {
    pub(in crate::study) fn new(confidence: f64, count: usize, together: Together) -> Self {
        Self { confidence, count, together, solved: Cell::new((f64::NAN, f64::NAN)) }
    }

    fn critical(&self, freedom: f64) -> f64 {
        if self.solved.get().0 != freedom {
            self.solved.set((freedom, critical_value(self.confidence, self.count, freedom, self.together)));
        }
        self.solved.get().1
    }

    /// The confidence of each by itself if they were independent.
    fn each(&self) -> f64 {
        self.confidence.powf(1.0 / self.count.max(1) as f64)
    }
}

/// One effect of a family.
fn effect(
    plan: &StudyPlan,
    evidence: &Evidence,
    (term, contrast): (Term, Contrast),
    family: &Family,
    screening: Option<f64>,
) -> Effect {
    let Settings { confidence, margin } = plan.settings;
    let scores = evidence.scores;
    let screened = || {
        let width = screening.filter(|_| !matches!(term, Term::Given { .. } | Term::Control { .. }))?;
        let means: Vec<f64> = (0..scores.0.len()).map(|row| scores.mean(row)).collect::<Option<_>>()?;
        let estimate = contrast.of(&means);
        Some(Interval { estimate, low: estimate - width, high: estimate + width })
    };
    let interval = interval(evidence, &contrast, family).or_else(screened);
    Effect {
        name: plan.describe(&term),
        verdict: interval.map_or(Verdict::Unresolved, |interval| verdict(interval, margin)),
        interval,
        failures: [Arm::Level, Arm::Against].map(|arm| Failures::of_arm(scores, &contrast, arm, confidence)),
        term,
    }
}

/// The interval of a contrast, one of a family: its estimate, give or take its standard errors and what is not known of failure rates
/// ([`doubt`]). `None` as for [`Evidence::estimate`].
pub(in crate::study) fn interval(evidence: &Evidence, contrast: &Contrast, family: &Family) -> Option<Interval> {
    let found = evidence.estimate(contrast)?;
    let width = found.error * family.critical(found.freedom);
    let [low, high] = doubt(evidence.scores, contrast, family.each()).map(|doubt| (width.powi(2) + doubt).sqrt());
    Some(Interval { estimate: found.value, low: found.value - low, high: found.value + high })
}

/// Lenth's simultaneous margin over the main effects and, of a full factorial, the interactions; only switches give effects of equal
/// variance that are independent.
fn screened(plan: &StudyPlan, scores: &Scores, terms: &[(Term, Contrast)], pairs: &[(Term, Contrast)]) -> Option<f64> {
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

/// The probability with which an effect of the detectable size is found.
const POWER: f64 = 0.8;

/// The confidence with which the noise is at most what the detectable size is computed for.
const NOISE_CONFIDENCE: f64 = 0.8;

/// The smallest effect of a factor, on the logarithm of the distance, whose interval will leave out zero with probability 0.8, if no run
/// fails. `noise` is an estimate from earlier runs; its upper end is taken.
pub fn detectable(plan: &StudyPlan, noise: Noise) -> f64 {
    let terms = plan.terms();
    let mains = terms.iter().filter(|(term, _)| matches!(term, Term::Main { .. }));
    let square = mains.clone().map(|(_, contrast)| contrast.square()).fold(0.0, f64::max);
    let seeds = plan.seeds.len();
    let freedom = match seeds {
        1 => mains.count() as f64 / 3.0,
        _ => ((plan.rows.len() - 1) * (seeds - 1)) as f64,
    };
    let critical = critical_value(plan.settings.confidence, terms.len(), freedom, plan.together());
    let deviation = upper_deviation(noise.deviation, noise.freedom, NOISE_CONFIDENCE);
    detectable_ratio(POWER, critical, freedom) * deviation * (square / seeds as f64).sqrt()
}
