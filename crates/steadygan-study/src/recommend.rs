//! The recipe that a study recommends, and its confirmation on fresh seeds.

use super::analyse::{Analysis, EffectEstimator, Family, Interval, Scores, Verdict, interval, verdict};
use super::contrast::{Contrast, Term};
use super::design::Row;
use super::distribution::Dependence;
use super::noise::Noise;
use super::plan::StudyPlan;
use super::settings::VerdictSettings;
use serde::{Deserialize, Serialize};

/// The levels that a study recommends: a switch that helps is on, a switch that hurts is off, and a factor of values
/// takes the value with the lowest estimate among those that help. A factor whose effect is unresolved or too small to
/// matter keeps the base recipe's level. A factor that only acts through another is decided by its effect where the
/// other is on.
pub fn recommend(plan: &StudyPlan, analysis: &Analysis) -> Row {
    plan.factors
        .iter()
        .enumerate()
        .map(|(number, factor)| {
            let mut chosen = (0.0, factor.base);
            for effect in &analysis.effects {
                let (level, against) = match effect.term {
                    Term::Given { factor, level, against, .. } if factor == number => (level, against),
                    Term::Main { factor, level, against }
                        if factor == number && !has_conditional_effect(analysis, number) =>
                    {
                        (level, against)
                    }
                    _ => continue,
                };
                let estimate = effect.interval.map_or(0.0, |interval| interval.estimate);
                // Further levels of a switch come after it and are compared with on, so their estimates count from
                // there.
                let switched = factor.is_switch() && level == factor.on;
                match effect.verdict {
                    Verdict::Helps if switched => chosen = (0.0, level),
                    Verdict::Hurts if switched => {
                        chosen = (0.0, against);
                        break;
                    }
                    Verdict::Helps if estimate < chosen.0 => chosen = (estimate, level),
                    _ => {}
                }
            }
            chosen.1
        })
        .collect()
}

/// Whether a factor has an effect of its own where the factor that it acts through is on.
fn has_conditional_effect(analysis: &Analysis, number: usize) -> bool {
    analysis.effects.iter().any(|effect| matches!(effect.term, Term::Given { factor, .. } if factor == number))
}

/// The recommended recipe, compared with another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The other recipe's name: the base recipe or a corner.
    pub against: String,
    /// The difference of the logarithms of the distances, negative if the recommended recipe is better. The intervals
    /// of all confirmations hold at once.
    pub interval: Option<Interval>,
    /// `Helps` if the recommended recipe is better.
    pub verdict: Verdict,
}

/// Compares the recommended recipe with others on fresh seeds. `scores` has the recommended recipe's row first, then
/// one row for each of `others`, all with the same seeds. `study_noise` is the noise estimated from the study's own
/// replicates; pooling it makes few fresh seeds enough.
pub fn confirm(
    scores: &Scores,
    others: &[&str],
    study_noise: Option<Noise>,
    settings: VerdictSettings,
) -> Vec<Confirmation> {
    let family = Family::new(settings.confidence, others.len(), Dependence::CommonReference);
    let estimator = EffectEstimator::of(scores, study_noise);
    let one = |(index, against): (usize, &&str)| {
        let interval = interval(&estimator, &Contrast::between(0, index + 1), &family);
        let verdict = interval.map_or(Verdict::Unresolved, |interval| verdict(interval, settings.margin));
        Confirmation { against: (*against).to_owned(), interval, verdict }
    };
    others.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Design;
    use crate::analyse::{Effect, Failures, Score, VerdictSource};
    use crate::factor::testing::{switches, values};
    use crate::simulation::plan_of;

    fn recommended(plan: &StudyPlan, found: &[(Term, f64, Verdict)]) -> Row {
        let failures = [Failures { failed: 0, runs: 2, rate: [0.0, 1.0] }; 2];
        let effects = found.iter().map(|(term, estimate, verdict)| {
            let interval = Some(Interval { estimate: *estimate, low: *estimate, high: *estimate });
            Effect { term: term.clone(), name: String::new(), interval, verdict: *verdict, failures }
        });
        let analysis = Analysis {
            verdict_source: VerdictSource::Replicates,
            noise: None,
            effects: effects.collect(),
            interactions: Vec::new(),
        };
        recommend(plan, &analysis)
    }

    fn main(factor: usize, level: usize, against: usize) -> Term {
        Term::Main { factor, level, against }
    }

    #[test]
    fn verdicts_decide_and_ties_stay_with_the_base() {
        let mut factors = switches(4);
        factors[2].base = 0;
        factors.push(values("lr", 3));
        let plan = plan_of(Design::Full, factors, 2);
        let found = [
            (main(0, 1, 0), -0.5, Verdict::Helps),
            (main(1, 1, 0), 0.5, Verdict::Hurts),
            (main(2, 1, 0), 0.1, Verdict::Unresolved),
            (main(3, 1, 0), 0.0, Verdict::Within),
            (main(4, 1, 0), -0.2, Verdict::Helps),
            (main(4, 2, 0), -0.3, Verdict::Helps),
        ];
        assert_eq!(recommended(&plan, &found), [1, 0, 0, 1, 2]);
    }

    /// A switch with a third level, which is compared with on.
    #[test]
    fn a_third_level_is_compared_with_on() {
        let mut factors = switches(1);
        factors[0].levels.push(toml::Table::from_iter([("by".to_owned(), "image".into())]).into());
        let plan = plan_of(Design::Full, factors, 2);
        let both = |on, third| [(main(0, 1, 0), on, verdict_of(on)), (main(0, 2, 1), third, verdict_of(third))];
        assert_eq!(recommended(&plan, &both(-0.5, -0.3)), [2], "better than on, which is better than off");
        assert_eq!(recommended(&plan, &both(-0.5, 0.3)), [1]);
        assert_eq!(recommended(&plan, &both(0.5, -0.3)), [0], "the third level is better than on, but on hurts");
    }

    fn verdict_of(estimate: f64) -> Verdict {
        if estimate < 0.0 { Verdict::Helps } else { Verdict::Hurts }
    }

    #[test]
    fn a_dependent_factor_is_decided_where_it_can_act() {
        let mut factors = switches(2);
        factors[1].only_through = vec!["a".into()];
        let plan = plan_of(Design::Full, factors, 2);
        let given = Term::Given { factor: 1, level: 1, against: 0, through: 0 };
        assert!(plan.terms().iter().any(|(term, _)| *term == given));
        let found = [(main(1, 1, 0), -0.1, Verdict::Unresolved), (given, 0.4, Verdict::Hurts)];
        assert_eq!(recommended(&plan, &found), [1, 0]);
    }

    #[test]
    fn better_on_fresh_seeds_or_not_shown_to_be() {
        let row = |values: [f64; 3]| values.map(|log_distance| Some(Score { log_distance, failed: false })).to_vec();
        let scores = Scores(vec![row([1.0, 1.1, 0.9]), row([2.0, 2.1, 1.8]), row([1.1, 0.9, 1.0])]);
        let study_noise = Some(Noise { deviation: 0.1, freedom: 20.0 });
        let found = confirm(&scores, &["base", "all on"], study_noise, VerdictSettings::default());
        assert_eq!(found[0].verdict, Verdict::Helps);
        assert_eq!((found[1].verdict, found[1].against.as_str()), (Verdict::Unresolved, "all on"));
    }
}
