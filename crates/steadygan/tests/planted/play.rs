//! One run of the corpus under the doctor's eyes.

use crate::corpus::Case;
use crate::plants::flat;
use burn::prelude::Device;
use serde::Serialize;
use steadygan::Result;
use steadygan::diagnose::{Doctor, Sign, before_training};
use steadygan::metrics::modes::Modes;
use steadygan::plan::Plan;
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

/// Watches until something is severe.
struct Watch {
    doctor: Doctor,
    findings: Vec<Finding>,
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

    fn wants_stop(&self) -> bool {
        self.severe().is_some()
    }
}

/// Trains a case until its end or the first severe finding. With it go the lines of stats.
///
/// # Errors
///
/// The recipe is not sound.
pub(crate) fn play(case: &Case) -> Result<(Played, Vec<StatsLine>)> {
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
    let mut watch = Watch { doctor, findings, lines: Vec::new() };
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
    Ok((played(case, &planted, &watch), watch.lines))
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
