//! What may help, as arguments of the command line that fit the run's plan.

use super::About;
use crate::heuristics::{self, Conflict};
use crate::plan::Plan;
use crate::schedule::resolve;
use steadygan_run::Advice;

/// The most pieces of advice with a finding.
const MOST: usize = 3;

/// Something that may help.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Suggestion {
    /// Turn a heuristic on, if it is off and does not conflict with what is on.
    With(&'static str, &'static str),
    /// Turn a heuristic off, if it is on.
    Without(&'static str, &'static str),
    /// Set keys of the recipe.
    Set(Vec<(String, String)>, String),
    /// Do something that no recipe key does.
    Do(String),
}

/// The suggestions that fit a plan.
pub(super) fn resolved(suggestions: Vec<Suggestion>, plan: &Plan) -> Vec<Advice> {
    let fitting = suggestions.into_iter().filter_map(|suggestion| {
        let (action, recipe) = match suggestion {
            Suggestion::With(name, why) => (why.to_owned(), with(name, plan)?),
            Suggestion::Without(name, why) => {
                plan.heuristics.get(name)?;
                (why.to_owned(), format!("--without {name}"))
            }
            Suggestion::Set(keys, why) => {
                let set: Vec<String> = keys.iter().map(|(key, value)| format!("--set {key}={value}")).collect();
                (why, set.join(" "))
            }
            Suggestion::Do(what) => (what, String::new()),
        };
        Some(Advice { action, recipe })
    });
    fitting.take(MOST).collect()
}

/// The arguments that turn a heuristic on; none if it is on, or if it conflicts with what is on and no setting resolves
/// that.
fn with(name: &str, plan: &Plan) -> Option<String> {
    if plan.heuristics.contains_key(name) {
        return None;
    }
    let mut planned = plan.clone();
    let (_, mut settings) = heuristics::defaults().find(|(known, _)| *known == name)?;
    settings.iter_mut().for_each(|(_, value)| resolve(value, plan.train.images));
    planned.heuristics.insert(name.to_owned(), settings);
    let on = heuristics::chosen(&planned.heuristics).ok()?;
    on.iter().try_for_each(|heuristic| heuristic.plan(&mut planned)).ok()?;
    let mut arguments = format!("--with {name}");
    for heuristic in &on {
        if let Some(Conflict { instead, .. }) = heuristic.conflict(&planned) {
            if instead.is_empty() {
                return None;
            }
            arguments += &format!(" --set {instead}");
        }
    }
    Some(arguments)
}

/// Multiplies the generator's and the discriminator's learning rates by `factors`, in this order.
pub(super) fn rates(about: &About, factors: [f64; 2], why: &str) -> Suggestion {
    let optimizer = &about.plan.optimizer;
    let rates = [optimizer.generator.lr.from * factors[0], optimizer.discriminator.lr.from * factors[1]];
    let short = |rate: f64| format!("{:e}", format!("{rate:.1e}").parse::<f64>().unwrap_or(rate));
    let key = |network: &str| format!("optimizer.{network}.lr");
    let keys = match factors {
        [generator, discriminator] if generator == discriminator && rates[0] == rates[1] && about.has("adam") => {
            vec![("heuristics.adam.lr".to_owned(), short(rates[0]))]
        }
        [_, 1.0] => vec![(key("generator"), short(rates[0]))],
        [1.0, _] => vec![(key("discriminator"), short(rates[1]))],
        _ => vec![(key("generator"), short(rates[0])), (key("discriminator"), short(rates[1]))],
    };
    Suggestion::Set(keys, why.to_owned())
}
