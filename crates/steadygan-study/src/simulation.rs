//! Simulated studies with known effects. They test that intervals contain the true effects as often as stated, that
//! verdicts of "helps" are rarely wrong, and that effects of the detectable size are found.

use super::factor::testing::switches;
use super::*;
use rand_distr::{Distribution, StandardNormal, StandardUniform};
use steadygan::rng::{Stream, stream};

/// A plan with these factors and no expected noise.
pub(super) fn plan_of(design: Design, factors: Vec<Factor>, seeds: u64) -> StudyPlan {
    let rows = design.rows(&factors).unwrap();
    StudyPlan {
        design,
        estimates: design.estimates().into(),
        aliases: design.aliases_in_words(&factors, &rows),
        recipe: String::new(),
        every_run: toml::Table::new(),
        designed: rows.len(),
        rows,
        factors,
        controls: Vec::new(),
        stages: Vec::new(),
        seeds: (0..seeds).collect(),
        images: 1,
        distance: DistanceKind::Kernel,
        distance_range: DistanceRange { untrained: 1.0, floor: 1e-3 },
        settings: VerdictSettings::default(),
        noise: None,
        detectable: None,
    }
}

/// Number of simulated studies per case. A share of 95% then has a standard error of 0.7%.
const STUDIES: u64 = 1000;

/// Standard deviation of a run's response: about 15%, the order of the spread between seeds of a small GAN.
const DEVIATION: f64 = 0.15;

/// Standard deviation of the part that a seed adds to every row.
const BETWEEN_SEEDS: f64 = 0.1;

/// Score of a failed run: about twenty times the distance of a run that trains (e³ = 20.1).
const FAILED: f64 = 3.0;

/// Which runs fail.
#[derive(Debug, Clone, Copy)]
enum FailurePattern {
    /// No run.
    Never,
    /// Any run, with this probability.
    AnyRun(f64),
    /// Runs without the second factor, with this probability.
    WithoutSecond(f64),
    /// Runs without the second and without the third factor, with this probability.
    WithoutBoth(f64),
}

/// The true values of a simulated study.
struct Truth {
    /// The true main effects of the factors.
    mains: Vec<f64>,
    /// Each row's mean response.
    means: Vec<f64>,
    /// Each row's probability of failing.
    failing: Vec<f64>,
    /// Each row's standard deviation.
    deviations: Vec<f64>,
}

fn normal(stream: &mut Stream) -> f64 {
    StandardNormal.sample(stream)
}

impl Truth {
    /// Draws a truth. Every other factor has no main effect, and one pair in five has an interaction. `unequal` is the
    /// standard deviation of the logarithms of the rows' standard deviations; 0 makes the noise equal in all rows.
    fn draw(plan: &StudyPlan, failing: FailurePattern, unequal: f64, stream: &mut Stream) -> Self {
        let count = plan.factors.len();
        let mains: Vec<f64> =
            (0..count).map(|factor| if factor % 2 == 0 { 0.0 } else { 0.4 * normal(stream) }).collect();
        let pairs: Vec<([usize; 2], f64)> = (0..count)
            .flat_map(|a| (a + 1..count).map(move |b| [a, b]))
            .filter(|[a, b]| (a + b) % 5 == 0)
            .map(|pair| (pair, 0.2 * normal(stream)))
            .collect();
        let mean = |row: &Row| {
            let sign = |factor: usize| row[factor] as f64 - 0.5;
            let alone: f64 = mains.iter().enumerate().map(|(factor, effect)| effect * sign(factor)).sum();
            alone + pairs.iter().map(|([a, b], effect)| 2.0 * effect * sign(*a) * sign(*b)).sum::<f64>()
        };
        let fails = |row: &Row| match failing {
            FailurePattern::AnyRun(probability) => probability,
            FailurePattern::WithoutSecond(probability) if row[1] == 0 => probability,
            FailurePattern::WithoutBoth(probability) if row[1] + row[2] == 0 => probability,
            _ => 0.0,
        };
        Self {
            means: plan.rows.iter().map(mean).collect(),
            failing: plan.rows.iter().map(fails).collect(),
            deviations: plan.rows.iter().map(|_| DEVIATION * (unequal * normal(stream)).exp()).collect(),
            mains,
        }
    }

    /// Each row's expected score.
    fn expected(&self) -> Vec<f64> {
        self.means.iter().zip(&self.failing).map(|(mean, failing)| mean + failing * (FAILED - mean)).collect()
    }

    fn run(&self, seeds: usize, stream: &mut Stream) -> Scores {
        let seeds: Vec<f64> = (0..seeds).map(|_| BETWEEN_SEEDS * normal(stream)).collect();
        let rows = self.means.iter().zip(&self.failing).zip(&self.deviations);
        let scores = rows.map(|((mean, failing), deviation)| {
            let mut run = |seed: &f64| {
                let chance: f64 = StandardUniform.sample(stream);
                let trained = mean + seed + deviation * normal(stream);
                let failed = chance < *failing;
                Some(Score { log_distance: if failed { FAILED } else { trained }, failed })
            };
            seeds.iter().map(&mut run).collect()
        });
        Scores(scores.collect())
    }
}

/// Shares of the simulated studies in which all effects of factors lay in their intervals, all interactions did, some
/// effect got the verdict "helps" although it does not help, and no run failed.
#[derive(Debug, Default)]
struct Shares {
    effects: f64,
    interactions: f64,
    false_helps: f64,
    unseen: f64,
}

fn simulate(plan: &StudyPlan, failing: FailurePattern, unequal: f64) -> Shares {
    let mut shares = Shares::default();
    let contrasts: Vec<Contrast> = plan.terms().into_iter().chain(plan.pairs()).map(|(_, contrast)| contrast).collect();
    for study in 0..STUDIES {
        let mut stream = stream(study, "study/simulation", 0);
        let truth = Truth::draw(plan, failing, unequal, &mut stream);
        let expected = truth.expected();
        let scores = truth.run(plan.seeds.len(), &mut stream);
        let analysis = analyse(plan, &scores);
        let effects = analysis.effects.iter().chain(&analysis.interactions);
        let outcomes: Vec<(bool, bool)> = effects
            .zip(&contrasts)
            .map(|(effect, contrast)| {
                let true_effect = contrast.of(&expected);
                let Some(Interval { low, high, .. }) = effect.interval else {
                    let clean = (0..plan.rows.len()).find(|row| scores.failed(*row) == 0);
                    assert_eq!(clean, None, "an interval is missing although a row without failures shows the noise");
                    return (true, false);
                };
                // The tolerance is for rounding, where both sides always fail.
                let holds = low - 1e-9 <= true_effect && true_effect <= high + 1e-9;
                (holds, effect.verdict == Verdict::Helps && true_effect > -1e-9)
            })
            .collect();
        let (effects, interactions) = outcomes.split_at(analysis.effects.len());
        let share = 1.0 / STUDIES as f64;
        let all_hold = |outcomes: &[(bool, bool)]| if outcomes.iter().all(|(holds, _)| *holds) { share } else { 0.0 };
        shares.effects += all_hold(effects);
        shares.interactions += all_hold(interactions);
        let has_failed = (0..plan.rows.len()).any(|row| scores.failed(row) > 0);
        shares.unseen += if has_failed { 0.0 } else { share };
        shares.false_helps += if effects.iter().any(|(_, false_helps)| *false_helps) { share } else { 0.0 };
    }
    shares
}

/// The stated 95%, with a tolerance of two percent points.
const STATED: std::ops::RangeInclusive<f64> = 0.93..=0.97;

/// The most studies with a wrong "helps": one of the two tails outside of the intervals.
const FALSE_HELPS: f64 = 0.025;

#[test]
fn intervals_hold_as_often_as_they_say() {
    for (design, factors, seeds) in [
        (Design::FoldOver, 11, 2),
        (Design::FoldOver, 11, 3),
        (Design::FoldOver, 7, 2),
        (Design::Full, 4, 2),
        (Design::Full, 3, 3),
        (Design::LeaveOneOut, 11, 2),
        (Design::LeaveOneOut, 11, 3),
        (Design::AddOneIn, 5, 5),
    ] {
        let plan = plan_of(design, switches(factors), seeds);
        let found = simulate(&plan, FailurePattern::Never, 0.0);
        let seen = format!("{design} of {factors} with {seeds} seeds: {found:?}");
        assert!(STATED.contains(&found.effects), "{seen}");
        assert!(design.is_one_at_a_time() || found.interactions >= *STATED.start(), "{seen}");
        assert!(found.false_helps <= FALSE_HELPS, "{seen}");
    }
}

/// Where rows fail always or never, intervals hold as often as stated. Where rows fail sometimes, intervals hold at
/// least as often: a single failure moves an estimate by no more than the standard error that it causes.
#[test]
fn failures_are_data() {
    for (design, factors, seeds, failing) in [
        (Design::FoldOver, 11, 2, FailurePattern::WithoutSecond(1.0)),
        (Design::FoldOver, 11, 2, FailurePattern::WithoutSecond(0.5)),
        (Design::FoldOver, 11, 2, FailurePattern::WithoutBoth(0.7)),
        (Design::FoldOver, 11, 2, FailurePattern::AnyRun(0.05)),
        (Design::FoldOver, 11, 3, FailurePattern::WithoutBoth(1.0)),
        (Design::Full, 4, 2, FailurePattern::WithoutSecond(1.0)),
        (Design::Full, 4, 2, FailurePattern::AnyRun(0.2)),
        (Design::Full, 4, 3, FailurePattern::WithoutBoth(0.7)),
        (Design::LeaveOneOut, 11, 3, FailurePattern::WithoutSecond(1.0)),
        (Design::LeaveOneOut, 11, 2, FailurePattern::AnyRun(0.05)),
        (Design::LeaveOneOut, 11, 2, FailurePattern::AnyRun(0.5)),
        (Design::AddOneIn, 5, 5, FailurePattern::AnyRun(0.1)),
        (Design::AddOneIn, 5, 5, FailurePattern::WithoutSecond(0.2)),
    ] {
        let found = simulate(&plan_of(design, switches(factors), seeds), failing, 0.0);
        let seen = format!("{design} of {factors} with {seeds} seeds, {failing:?}: {found:?}");
        assert!(found.effects >= *STATED.start(), "{seen}");
        assert!(design.is_one_at_a_time() || found.interactions >= *STATED.start(), "{seen}");
        assert!(found.false_helps <= FALSE_HELPS, "{seen}");
        let certain = matches!(failing, FailurePattern::WithoutSecond(1.0) | FailurePattern::WithoutBoth(1.0));
        assert!(!certain || found.effects <= *STATED.end(), "{seen}");
    }
}

/// Intervals cannot allow for failures that no run showed, so they hold too seldom here, and the missing share is that
/// of studies without a failure. In a one-at-a-time design, a row that fails half the time trains with both seeds in a
/// quarter of all studies.
#[test]
fn failures_that_nobody_saw_are_in_no_interval() {
    for (design, factors, seeds, failing) in [
        (Design::LeaveOneOut, 11, 2, FailurePattern::WithoutSecond(0.5)),
        (Design::LeaveOneOut, 11, 3, FailurePattern::WithoutSecond(0.2)),
        (Design::Full, 4, 2, FailurePattern::WithoutSecond(0.05)),
        (Design::Full, 4, 2, FailurePattern::WithoutBoth(0.2)),
    ] {
        let found = simulate(&plan_of(design, switches(factors), seeds), failing, 0.0);
        let seen = format!("{design} of {factors} with {seeds} seeds, {failing:?}: {found:?}");
        assert!(found.effects >= STATED.start() - found.unseen, "{seen}");
        assert!(found.effects < *STATED.start(), "{seen}");
    }
}

/// Rows whose standard deviations differ about threefold.
#[test]
fn averages_over_rows_do_not_need_equal_noise() {
    for (design, factors) in [(Design::FoldOver, 11), (Design::Full, 4)] {
        let found = simulate(&plan_of(design, switches(factors), 2), FailurePattern::Never, 0.5);
        assert!(STATED.contains(&found.effects) && found.false_helps <= FALSE_HELPS, "{design}: {found:?}");
    }
}

/// In a fold-over or a full factorial a main effect is exactly the true one, whatever the interactions of pairs.
#[test]
fn effects_are_clear_of_pairs() {
    for design in [Design::FoldOver, Design::Full] {
        let plan = plan_of(design, switches(7), 2);
        let truth = Truth::draw(&plan, FailurePattern::Never, 0.0, &mut stream(0, "study/simulation", 0));
        for ((_, contrast), true_effect) in plan.terms().iter().zip(&truth.mains) {
            assert!((contrast.of(&truth.means) - true_effect).abs() < 1e-12);
        }
    }
}

/// With the noise estimated from seven earlier runs, an effect of the detectable size is found at least four times in
/// five.
#[test]
fn effects_of_the_detectable_size_are_found() {
    for (design, factors, seeds) in
        [(Design::FoldOver, 11, 2), (Design::Full, 4, 2), (Design::LeaveOneOut, 11, 3), (Design::PlackettBurman, 11, 2)]
    {
        let plan = plan_of(design, switches(factors), seeds);
        let of_noise_one = detectable(&plan, Noise { deviation: 1.0, freedom: 6.0 });
        let mut found = 0;
        for study in 0..STUDIES {
            let mut stream = stream(study, "study/power", 0);
            let calibration: Vec<f64> = (0..7).map(|_| DEVIATION * normal(&mut stream)).collect();
            let mean = calibration.iter().sum::<f64>() / 7.0;
            let squares: f64 = calibration.iter().map(|value| (value - mean).powi(2)).sum();
            let effect_size = of_noise_one * (squares / 6.0).sqrt();
            let truth = Truth {
                mains: Vec::new(),
                means: plan.rows.iter().map(|row| -effect_size * row[0] as f64).collect(),
                failing: vec![0.0; plan.rows.len()],
                deviations: vec![DEVIATION; plan.rows.len()],
            };
            let analysis = analyse(&plan, &truth.run(plan.seeds.len(), &mut stream));
            found += usize::from(analysis.effects[0].interval.unwrap().high < 0.0);
        }
        let share = found as f64 / STUDIES as f64;
        // The upper limit refuses a detectable size that is too large, which would be found nearly always.
        assert!((0.8..0.97).contains(&share), "{design}: {share}");
    }
}

/// With exactly known noise the detectable size has a known value.
#[test]
fn the_detectable_size_is_exact_for_known_noise() {
    let plan = plan_of(Design::FoldOver, switches(11), 2);
    let effect_size = detectable(&plan, Noise { deviation: DEVIATION, freedom: f64::INFINITY });
    // Šidák's t for eleven effects at 23 degrees of freedom is 3.13, and a power of 0.8 adds 0.85. The standard error
    // is 0.15 · √(1/6 / 2).
    assert!((effect_size / (DEVIATION / 12f64.sqrt()) - 4.0).abs() < 0.1, "{effect_size}");
}

/// With one seed and eleven factors, of which two matter: both are found, and false effects come no more often than in
/// studies with replicates.
#[test]
fn one_seed_is_a_screening() {
    let plan = plan_of(Design::FoldOver, switches(11), 1);
    let (mut found, mut wrong) = (0, 0);
    for study in 0..STUDIES {
        let mut stream = stream(study, "study/screening", 0);
        let truth = Truth {
            mains: Vec::new(),
            means: plan.rows.iter().map(|row| -0.9 * row[0] as f64 + 0.8 * row[1] as f64).collect(),
            failing: vec![0.0; 24],
            deviations: vec![DEVIATION; 24],
        };
        let analysis = analyse(&plan, &truth.run(1, &mut stream));
        assert_eq!((analysis.verdict_source, analysis.noise), (VerdictSource::Screening, None));
        let verdicts: Vec<Verdict> = analysis.effects.iter().map(|effect| effect.verdict).collect();
        found += usize::from(verdicts[..2] == [Verdict::Helps, Verdict::Hurts]);
        wrong += usize::from(verdicts[2..].iter().any(|verdict| matches!(verdict, Verdict::Helps | Verdict::Hurts)));
    }
    assert!(found as f64 > 0.9 * STUDIES as f64 && wrong as f64 <= 0.05 * STUDIES as f64, "{found} {wrong}");
}
