//! One run of the corpus under the doctor's eyes.

use crate::corpus::Case;
use crate::plants::flat;
use burn::prelude::Device;
use serde::Serialize;
use steadygan::Result;
use steadygan::diagnose::{Doctor, Sign, before_training};
use steadygan::metrics::modes::Modes;
use steadygan::plan::Plan;
use steadygan::report::DynamicImage;
use steadygan::train::{Observer, State, StepStats, train};
use steadygan_run::{Finding, Outcome, Severity, Signs, Stats, StatsLine};

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
    /// Lines of stats, for who tunes.
    lines: Vec<StatsLine>,
}

impl Watch {
    fn see(&mut self, sign: Sign) -> Result<()> {
        self.findings.extend(self.doctor.see(sign));
        Ok(())
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
        let line = StatsLine { stats, signs: *signs };
        self.lines.push(line);
        self.see(Sign::Stats(line))
    }

    fn modes(&mut self, images: u64, modes: &Modes) -> Result<()> {
        self.see(Sign::Modes(modes.line(images)))
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
    let (plan, watch) = watched(case, false)?;
    Ok(played(case, &plan, &watch))
}

/// What a run looks like, whatever the doctor says of it.
pub(crate) struct Looks {
    /// Its lines of stats.
    pub(crate) lines: Vec<StatsLine>,
    /// The last sheet of fakes.
    pub(crate) sheet: Option<DynamicImage>,
}

/// Trains a case to its end. The doctor is not asked: who looks whether runs fail as planted must not know what it says.
///
/// # Errors
///
/// The recipe is not sound.
pub(crate) fn look(case: &Case) -> Result<Looks> {
    let (_, watch) = watched(case, true)?;
    Ok(Looks { lines: watch.lines, sheet: watch.sheet })
}

fn watched(case: &Case, to_the_end: bool) -> Result<(Plan, Watch)> {
    let declared = case.plan()?;
    let mut planted = declared.clone();
    let mut data = case.base.source.dataset(&declared)?;
    if let Some(plant) = case.plant {
        plant.in_plan(&mut planted);
        plant.in_data(&mut data);
    }
    let device = Device::flex().autodiff();
    let mut state = State::new(&planted, &device);
    let beginning = flat(&state.generator);
    let mut doctor = Doctor::new(&declared, data.train.count() as u64);
    let findings = before_training(&declared, &data);
    doctor.heed(&findings);
    let mut watch = Watch { doctor, findings, to_the_end, sheet: None, lines: Vec::new() };
    if let Some(plant) = case.plant {
        let begins = (plant.begins() * planted.train.images as f64) as u64;
        if begins > 0 {
            train(&planted.clone().with_images(begins), &data, &mut state, &device, &mut watch)?;
        }
        plant.in_state(&mut state, beginning);
    }
    let outcome = train(&planted, &data, &mut state, &device, &mut watch)?;
    if matches!(outcome, Outcome::Diverged { .. }) {
        let last = watch.doctor.end(&outcome);
        watch.findings.extend(last);
    }
    Ok((planted, watch))
}

fn played(case: &Case, plan: &Plan, watch: &Watch) -> Played {
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
