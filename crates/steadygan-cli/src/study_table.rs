//! A study in words: the announcement of its runs, and the table of its results.

use std::fmt::Write as _;
use steadygan_study::{
    Confirmation, Design, DistanceKind, Effect, Interval, StudyPlan, StudyRecord, Term, Verdict, VerdictSource,
};

/// The announcement before the first run: what will be run, and which effects that can show.
pub(crate) fn announcement(plan: &StudyPlan, data: &str, takes: Option<String>) -> String {
    let StudyPlan { design, rows, seeds, images, estimates, .. } = plan;
    let runs = match plan.stages.is_empty() {
        true => format!("{} rows × {} seeds of {images} images", rows.len(), seeds.len()),
        false => format!("{} combinations, the last one trained on {images} images", rows.len()),
    };
    let mut text =
        format!("{data}: {design} of {} factors, {runs}, measured by {}", plan.factors.len(), distance(plan.distance));
    if let Some(takes) = takes {
        let _ = write!(text, "; about {takes}");
    }
    let _ = write!(text, "\nit tells {estimates}");
    if !["", "none"].contains(&plan.aliases.as_str()) {
        let _ = write!(text, "\naliases: {}", plan.aliases);
    }
    if let Some((noise, detectable)) = plan.noise.zip(plan.detectable) {
        let _ = write!(
            text,
            "\nsupposed, not measured on this data: seeds differ by {}, as in our record on the embedded images. Then {} is found four \
             times in five; the answer says what this data showed",
            percent(noise.deviation.exp_m1()),
            either_way(detectable)
        );
    }
    if let Some(unseen) = unseen(plan) {
        let _ = write!(text, "\n{unseen}");
    }
    text
}

/// The effect of this size in either direction, as a change of the distance: `an effect of +68% or −40%`.
fn either_way(log: f64) -> String {
    format!("an effect of {} or {}", share(log.exp_m1()), share((-log).exp_m1()))
}

/// The share of studies in which a row shows no failure although it fails at the rate that [`unseen`] computes.
const ONE_IN_TWENTY: f64 = 0.05;

/// A warning for one-at-a-time designs: a row that fails sometimes may show no failure. With n seeds, a row that fails
/// with probability 1 − 0.05^(1/n) shows none in 5% of studies.
fn unseen(plan: &StudyPlan) -> Option<String> {
    let seeds = plan.seeds.len();
    let rate = 1.0 - ONE_IN_TWENTY.powf(1.0 / seeds as f64);
    plan.design.is_one_at_a_time().then(|| {
        format!(
            "a row whose {seeds} seeds all train counts as one that never fails. A row that fails in {} of its runs \
             looks like that in one study of twenty: more seeds or a fold-over show more failures",
            percent(rate)
        )
    })
}

fn distance(kind: DistanceKind) -> &'static str {
    match kind {
        DistanceKind::Kernel => "the kernel distance",
        DistanceKind::Frechet => "the Fréchet distance",
        DistanceKind::Energy => "the energy distance",
    }
}

/// The results of a study, to be read in ten seconds: factors that help come first, unresolved ones last.
pub(crate) fn results_table(record: &StudyRecord) -> String {
    let Some(results) = &record.results else { return String::new() };
    let plan = &record.plan;
    let mut text = String::new();
    let screening =
        if results.last.verdict_source == VerdictSource::Screening { " (a screening: one seed)" } else { "" };
    if plan.design != Design::Search {
        let _ = writeln!(
            text,
            "What each does to {} after {} images{screening}; {} runs, {} failed\n",
            distance(plan.distance),
            plan.images,
            results.failures.runs,
            results.failures.failed,
        );
    }
    let (effects, shown) = (&results.last.effects, |effect: &&Effect| !matches!(effect.term, Term::Interaction { .. }));
    let width = effects.iter().map(|effect| effect.name.chars().count()).max().unwrap_or(0);
    for verdict in [Verdict::Helps, Verdict::Hurts, Verdict::Within, Verdict::Unresolved] {
        let mut of: Vec<&Effect> = effects.iter().filter(shown).filter(|effect| effect.verdict == verdict).collect();
        of.sort_by(|a, b| size(b).total_cmp(&size(a)));
        of.iter().for_each(|effect| text += &line(effect, width, plan));
    }
    if let Some((noise, detectable)) = results.last.noise.zip(results.detectable) {
        let _ = writeln!(
            text,
            "\nseeds differed by {} in rows that never failed; {} is found four times in five",
            percent(noise.deviation.exp_m1()),
            either_way(detectable)
        );
    }
    let interactions = results.last.interactions.iter();
    let found: Vec<&Effect> =
        interactions.filter(|effect| matches!(effect.verdict, Verdict::Helps | Verdict::Hurts)).collect();
    if !found.is_empty() {
        let names: Vec<&str> = found.iter().map(|effect| effect.name.as_str()).collect();
        let _ = writeln!(text, "\nchange each other's effect, as far as this design can tell: {}", names.join("; "));
    }
    let _ = write!(text, "\nrecommended: {}", recommended(plan, &results.recommended));
    for confirmation in &results.confirmations {
        let _ = write!(text, "\n  on fresh seeds {}", confirmed(confirmation));
    }
    text
}

fn size(effect: &Effect) -> f64 {
    effect.interval.map_or(0.0, |interval| interval.estimate.abs())
}

fn line(effect: &Effect, width: usize, plan: &StudyPlan) -> String {
    let pad = " ".repeat(width - effect.name.chars().count());
    let verdict = match effect.verdict {
        Verdict::Within => format!("within ±{}", percent(plan.settings.margin.exp_m1())),
        other => other.to_string(),
    };
    let numbers = effect.interval.map_or_else(String::new, interval_in_words);
    let [with, against] = effect.failures;
    let failures = match with.failed + against.failed {
        0 => String::new(),
        _ => format!("   failed {} of {} with, {} of {} without", with.failed, with.runs, against.failed, against.runs),
    };
    format!("  {}{pad}  {verdict:<12}{numbers}{failures}\n", effect.name)
}

fn interval_in_words(Interval { estimate, low, high }: Interval) -> String {
    format!("{:>7}  ({} to {})", share(estimate.exp_m1()), share(low.exp_m1()), share(high.exp_m1()))
}

/// A relative change of a distance with its sign, such as `−40%`, or as a factor if it is large: `×12`.
fn share(change: f64) -> String {
    // From ten times on, a factor is easier to read than percents.
    if change > 9.0 { format!("×{:.0}", change + 1.0) } else { format!("{:+.0}%", 100.0 * change).replace('-', "−") }
}

fn percent(change: f64) -> String {
    format!("{:.0}%", 100.0 * change)
}

/// The recommended recipe in words: the levels that differ from the base recipe's.
fn recommended(plan: &StudyPlan, levels: &[usize]) -> String {
    let changed = plan.factors.iter().zip(levels).filter(|(factor, level)| factor.base != **level);
    let changed: Vec<String> =
        changed.map(|(factor, level)| format!("{} {}", factor.name, factor.level(*level))).collect();
    match changed.is_empty() {
        true => "the base recipe as it is (recommended.toml)".to_owned(),
        false => format!("the base recipe with {} (recommended.toml)", changed.join(", ")),
    }
}

fn confirmed(Confirmation { against, interval, verdict }: &Confirmation) -> String {
    let what = match verdict {
        Verdict::Helps => "better than",
        Verdict::Hurts => "worse than",
        Verdict::Within => "no different from",
        Verdict::Unresolved => "not shown to differ from",
    };
    let numbers =
        interval.map_or_else(String::new, |interval| format!(": {}", interval_in_words(interval).trim_start()));
    format!("{what} {against}{numbers}")
}
