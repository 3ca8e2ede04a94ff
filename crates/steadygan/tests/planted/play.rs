//! One run of the corpus under the doctor's eyes.

use crate::corpus::Case;
use crate::kept::Kept;
use crate::plants::flat;
use burn::prelude::Device;
use serde::Serialize;
use steadygan::Result;
use steadygan::data::Dataset;
use steadygan::diagnose::{Doctor, Sign, before_training};
use steadygan::metrics::modes::Modes;
use steadygan::plan::Plan;
use steadygan::report::DynamicImage;
use steadygan::train::{Observer, State, StepStats, train};
use steadygan_run::{Finding, Severity, Signs, Stats, StatsLine};

/// How a run went.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Played {
    /// The case's name.
    pub(crate) name: String,
    /// The finding that was planted; none in a healthy run.
    pub(crate) planted: Option<&'static str>,
    /// The first severe finding, at whose line the run was stopped.
    pub(crate) found: Option<String>,
    /// Rounds of training after which that was.
    pub(crate) round: u64,
    /// Rounds of training that were planned.
    pub(crate) rounds: u64,
    /// Other findings that came before, with their severity.
    pub(crate) before: Vec<String>,
}

/// Watches until something is severe, or to the end.
struct Watch {
    doctor: Doctor,
    findings: Vec<Finding>,
    /// Whether the run goes on after a severe finding, so that one sees what becomes of it.
    to_the_end: bool,
    /// The latest sheet of fakes.
    sheet: Option<DynamicImage>,
    /// All that the doctor has seen.
    kept: Vec<Kept>,
}

impl Watch {
    /// Shows the doctor something of the run, and keeps it.
    fn see(&mut self, line: Kept) {
        self.findings.extend(match &line {
            Kept::Of { .. } => Vec::new(),
            Kept::Stats(line) => self.doctor.see(Sign::Stats(*line)),
            Kept::Modes(line) => self.doctor.see(Sign::Modes(*line)),
            Kept::Ended(outcome) => self.doctor.end(outcome),
        });
        self.kept.push(line);
    }

    fn severe(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.severity == Severity::Severe)
    }
}

impl Observer for Watch {
    fn stats(&mut self, images: u64, means: &StepStats, diversity: f64, signs: &Signs) -> Result<()> {
        let &StepStats { loss_d, loss_g, penalty, logit_real, logit_fake, grad_norm_d, grad_norm_g } = means;
        let (time_s, images_per_s) = (0.0, 0.0);
        let stats = Stats {
            images,
            time_s,
            images_per_s,
            loss_d,
            loss_g,
            penalty,
            logit_real,
            logit_fake,
            grad_norm_d,
            grad_norm_g,
            diversity,
        };
        self.see(Kept::Stats(StatsLine { stats, signs: *signs }));
        Ok(())
    }

    fn modes(&mut self, images: u64, modes: &Modes) -> Result<()> {
        self.see(Kept::Modes(modes.line(images)));
        Ok(())
    }

    fn sheet(&mut self, _: u64, fakes: &DynamicImage) -> Result<()> {
        self.sheet = Some(fakes.clone());
        Ok(())
    }

    fn wants_stop(&self) -> bool {
        !self.to_the_end && self.severe().is_some()
    }
}

/// Trains a case until its end or the first severe finding.
///
/// # Errors
///
/// The recipe is not sound.
pub(crate) fn play(case: &Case) -> Result<Played> {
    let mut planted = Planted::new(case, false)?;
    planted.train(case)?;
    Ok(played(case, &planted))
}

/// What playing a case comes to, by the lines that were kept of it.
///
/// # Errors
///
/// The recipe is not sound.
pub(crate) fn judge(case: &Case, kept: Vec<Kept>) -> Result<Played> {
    let mut planted = Planted::new(case, false)?;
    kept.into_iter().for_each(|line| planted.watch.see(line));
    Ok(played(case, &planted))
}

/// What a run looks like, whatever the doctor says of it.
pub(crate) struct Looks {
    /// All that the doctor would see of it.
    pub(crate) kept: Vec<Kept>,
    /// The last sheet of fakes.
    pub(crate) sheet: Option<DynamicImage>,
}

/// Trains a case to its end. The doctor is not asked: who looks whether runs fail as planted must not know what it says.
///
/// # Errors
///
/// The recipe is not sound.
pub(crate) fn look(case: &Case) -> Result<Looks> {
    let mut planted = Planted::new(case, true)?;
    planted.train(case)?;
    Ok(Looks { kept: planted.watch.kept, sheet: planted.watch.sheet })
}

/// A case before training, and the doctor who has looked at its data.
struct Planted {
    plan: Plan,
    data: Dataset,
    watch: Watch,
}

impl Planted {
    fn new(case: &Case, to_the_end: bool) -> Result<Self> {
        let declared = case.plan()?;
        let mut plan = declared.clone();
        let mut data = case.base.source.dataset(&declared)?;
        if let Some(plant) = case.plant {
            plant.in_plan(&mut plan);
            plant.in_data(&mut data);
        }
        let mut doctor = Doctor::new(&declared, data.train.count() as u64);
        let findings = before_training(&declared, &data);
        doctor.heed(&findings);
        let watch = Watch { doctor, findings, to_the_end, sheet: None, kept: Vec::new() };
        Ok(Self { plan, data, watch })
    }

    fn train(&mut self, case: &Case) -> Result<()> {
        let Self { plan, data, watch } = self;
        let device = Device::flex().autodiff();
        let mut state = State::new(plan, steadygan::decide::hooks(plan)?, &device);
        let beginning = flat(&state.generator);
        if let Some(plant) = case.plant {
            let begins = (plant.begins() * plan.train.images as f64) as u64;
            if begins > 0 {
                train(&plan.clone().with_images(begins), data, &mut state, &device, watch)?;
            }
            plant.in_state(&mut state, beginning);
        }
        let outcome = train(plan, data, &mut state, &device, watch)?;
        watch.see(Kept::Ended(outcome));
        Ok(())
    }
}

fn played(case: &Case, Planted { plan, watch, .. }: &Planted) -> Played {
    let severe = watch.severe();
    let round = plan.train.round();
    let before = watch.findings.iter().take_while(|finding| finding.severity != Severity::Severe);
    Played {
        name: case.name(),
        planted: case.plant.map(|plant| plant.finding()),
        found: severe.map(|finding| finding.finding.clone()),
        round: severe.map_or(0, |finding| finding.images / round),
        rounds: plan.train.images / round,
        before: before
            .map(|finding| format!("{} {}@{}", finding.severity, finding.finding, finding.images / round))
            .collect(),
    }
}
