//! Turns observations into findings that begin, get worse and end.

use super::advice::{Suggestion, resolved};
use super::seen::{MeasuredDistance, Observation, Seen};
use super::{About, CATALOGUE, Check, Detection, FindingCard};
use crate::plan::Plan;
use std::collections::BTreeMap;
use steadygan_run::{Finding, ModesLine, Outcome, Severity, StatsLine};

/// A finding is over once it was not seen for this many rounds of training.
const CALM_ROUNDS: u64 = 50;

/// Significant digits of a number in a finding.
const DIGITS: usize = 4;

/// Watches a run. Its findings depend on nothing but the plan, the size of the training set and the observations, in
/// order.
#[derive(Debug)]
pub struct Doctor {
    about: About,
    lines: Vec<StatsLine>,
    modes: Vec<ModesLine>,
    distances: Vec<MeasuredDistance>,
    open: BTreeMap<&'static str, Open>,
}

/// A finding that is not over.
#[derive(Debug)]
struct Open {
    severity: Severity,
    since: u64,
    /// Images when it was last seen.
    last_seen: u64,
}

impl Doctor {
    /// A doctor for a run of this plan on `trained_on` training images, before any observation.
    pub fn new(plan: &Plan, trained_on: u64) -> Self {
        let about = About::new(plan, trained_on);
        Self { about, lines: Vec::new(), modes: Vec::new(), distances: Vec::new(), open: BTreeMap::new() }
    }

    /// Takes over the findings on the data: while one of them is severe, its symptoms are at most warnings.
    pub fn open_data_findings(&mut self, before: &[Finding]) {
        for found in before {
            if let Some(card) = super::before::CARDS.iter().find(|card| card.name == found.finding) {
                let open = Open { severity: found.severity, since: found.since, last_seen: found.images };
                self.open.insert(card.name, open);
            }
        }
    }

    /// The findings that are not over, by name.
    pub fn open(&self) -> impl Iterator<Item = (&'static str, Severity)> {
        self.open.iter().map(|(name, open)| (*name, open.severity))
    }

    /// Real images shown by the last line of stats.
    pub fn images(&self) -> u64 {
        self.lines.last().map_or(0, |line| line.stats.images)
    }

    /// Adds an observation, which is not earlier than the last one. Returns the findings that begin, get more severe or
    /// end.
    pub fn see(&mut self, sign: Observation) -> Vec<Finding> {
        let images = match sign {
            Observation::Stats(line) => {
                self.lines.push(line);
                line.stats.images
            }
            Observation::Modes(line) => {
                self.modes.push(line);
                line.images
            }
            Observation::Distance(distance) => {
                self.distances.push(distance);
                distance.images
            }
        };
        CATALOGUE.iter().filter_map(|check| self.take(check, images)).collect()
    }

    /// Looks at how training ended, and returns what that shows.
    pub fn end(&mut self, outcome: &Outcome) -> Vec<Finding> {
        let Outcome::Diverged { images, quantity } = outcome else { return Vec::new() };
        let check = &super::exploding_gradients::CHECK;
        let sight = Detection {
            severity: Severity::Severe,
            since: *images,
            says: format!("{quantity} was not finite after {images} images."),
            evidence: Vec::new(),
        };
        self.seen_now(check, *images, sight).into_iter().collect()
    }

    /// Runs one check.
    fn take(&mut self, check: &Check, images: u64) -> Option<Finding> {
        let seen = Seen { about: &self.about, lines: &self.lines, modes: &self.modes, distances: &self.distances };
        match (check.look)(&seen) {
            Some(sight) => self.seen_now(check, images, sight),
            None => self.not_seen(&check.card, images),
        }
    }

    fn seen_now(&mut self, check: &Check, images: u64, mut sight: Detection) -> Option<Finding> {
        let card = &check.card;
        let is_severe = |cause: &str| self.open.get(cause).is_some_and(|open| open.severity == Severity::Severe);
        if sight.severity == Severity::Severe && card.symptom_of.iter().any(|cause| is_severe(cause)) {
            sight.severity = Severity::Warning;
        }
        match self.open.get_mut(card.name) {
            Some(open) if sight.severity <= open.severity => {
                open.last_seen = images;
                None
            }
            Some(Open { severity, last_seen, since }) => {
                (*severity, *last_seen, sight.since) = (sight.severity, images, *since);
                Some(self.finding(check, images, sight))
            }
            None => {
                let open = Open { severity: sight.severity, since: sight.since, last_seen: images };
                self.open.insert(card.name, open);
                Some(self.finding(check, images, sight))
            }
        }
    }

    fn not_seen(&mut self, card: &FindingCard, images: u64) -> Option<Finding> {
        let open = self.open.get(card.name)?;
        let calm = CALM_ROUNDS * self.about.plan.train.round();
        if images < open.last_seen + calm.max(self.about.plan.train.stats_every) {
            return None;
        }
        let Open { since, last_seen, .. } = self.open.remove(card.name)?;
        Some(Finding {
            images,
            finding: card.name.into(),
            severity: Severity::Over,
            since,
            says: format!("Not seen any more since {last_seen} images."),
            evidence: BTreeMap::new(),
            means: String::new(),
            advice: Vec::new(),
        })
    }

    fn finding(&self, check: &Check, images: u64, sight: Detection) -> Finding {
        finding(&check.card, images, sight, (check.advice)(&self.about), &self.about.plan)
    }
}

/// Puts a finding together: its card, what the check has found, and the advice that fits the plan.
pub(super) fn finding(
    card: &FindingCard,
    images: u64,
    sight: Detection,
    advice: Vec<Suggestion>,
    plan: &Plan,
) -> Finding {
    Finding {
        images,
        finding: card.name.into(),
        severity: sight.severity,
        since: sight.since,
        says: sight.says,
        evidence: evidence(sight.evidence),
        means: card.means.into(),
        advice: resolved(advice, plan),
    }
}

/// The finite numbers by name, rounded to a few digits.
fn evidence(numbers: Vec<(&'static str, f64)>) -> BTreeMap<String, f64> {
    let finite = numbers.into_iter().filter(|(_, value)| value.is_finite());
    let short = |value: f64| format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value);
    finite.map(|(name, value)| (name.to_owned(), short(value))).collect()
}
