//! Training a case, with the doctor or without it.

use crate::case::Case;
use crate::intervention::flat_tensors;
use crate::lines::Line;
use burn::prelude::Device;
use serde::Serialize;
use steadygan::Result;
use steadygan::data::Dataset;
use steadygan::diagnose::{Doctor, Observation, before_training};
use steadygan::metrics::modes::Modes;
use steadygan::pictures::DynamicImage;
use steadygan::plan::Plan;
use steadygan::train::{Observer, State, StepStats, train};
use steadygan_run::{Finding, Severity, Signs, Stats, StatsLine};

/// What the doctor found in a run.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// The case's name.
    pub name: String,
    /// The finding that belongs to the planted failure; none in a healthy run.
    pub planted: Option<&'static str>,
    /// The first severe finding.
    pub found: Option<String>,
    /// The round of the first severe finding, at which the run stops; 0 if there is none.
    pub round: u64,
    /// The planned rounds.
    pub rounds: u64,
    /// The findings before the first severe one: severity, name and round.
    pub before: Vec<String>,
}

/// A run that was trained to its end without the doctor.
pub struct Trained {
    /// The lines that a doctor would read.
    pub lines: Vec<Line>,
    /// The last sheet of fakes.
    pub sheet: Option<DynamicImage>,
}

/// Trains a case until the first severe finding or its end.
///
/// # Errors
///
/// The recipe is not sound, or the run cannot be trained.
pub fn play(case: &Case) -> Result<Diagnosis> {
    let mut run = Run::new(case, true)?;
    run.train(case)?;
    Ok(run.diagnosis(case))
}

/// Has the doctor read the kept lines of a case. The result is equal to that of [`play`].
///
/// # Errors
///
/// The recipe is not sound, or its data cannot be loaded.
pub fn diagnose(case: &Case, lines: Vec<Line>) -> Result<Diagnosis> {
    let mut run = Run::new(case, true)?;
    lines.into_iter().for_each(|line| run.observer.read(line));
    Ok(run.diagnosis(case))
}

/// Trains a case to its end. The findings are not in the result, so that a person who checks whether the run fails as
/// intended is not influenced by them.
///
/// # Errors
///
/// The recipe is not sound, or the run cannot be trained.
pub fn train_to_end(case: &Case) -> Result<Trained> {
    let mut run = Run::new(case, false)?;
    run.train(case)?;
    Ok(Trained { lines: run.observer.lines, sheet: run.observer.sheet })
}

/// A case's plan and data with the failure, and the observer with the doctor.
struct Run {
    plan: Plan,
    data: Dataset,
    observer: DoctorObserver,
}

impl Run {
    fn new(case: &Case, stops: bool) -> Result<Self> {
        let declared = case.plan()?;
        let mut plan = declared.clone();
        let mut data = case.recipe.data.dataset(&declared)?;
        if let Some(failure) = case.failure {
            failure.change_plan(&mut plan);
            failure.change_data(&mut data);
        }
        let mut doctor = Doctor::new(&declared, data.train.count() as u64);
        let findings = before_training(&declared, &data);
        doctor.open_data_findings(&findings);
        let observer = DoctorObserver { doctor, findings, stops, sheet: None, lines: Vec::new() };
        Ok(Self { plan, data, observer })
    }

    fn train(&mut self, case: &Case) -> Result<()> {
        let Self { plan, data, observer } = self;
        let device = Device::flex().autodiff();
        let mut state = State::new(plan, steadygan::decide::unchecked_hooks(plan)?, &device);
        let initial = flat_tensors(&state.generator);
        if let Some(failure) = case.failure {
            let begins = (failure.begins() * plan.train.images as f64) as u64;
            if begins > 0 {
                train(&plan.clone().with_images(begins), data, &mut state, &device, observer)?;
            }
            failure.change_state(&mut state, initial);
        }
        let outcome = train(plan, data, &mut state, &device, observer)?;
        observer.read(Line::Ended(outcome));
        Ok(())
    }

    fn diagnosis(&self, case: &Case) -> Diagnosis {
        let round = self.plan.train.round();
        let severe = self.observer.severe();
        let before = self.observer.findings.iter().take_while(|finding| finding.severity != Severity::Severe);
        let shown = |finding: &Finding| format!("{} {}@{}", finding.severity, finding.finding, finding.images / round);
        Diagnosis {
            name: case.name(),
            planted: case.failure.map(|failure| failure.finding()),
            found: severe.map(|finding| finding.finding.clone()),
            round: severe.map_or(0, |finding| finding.images / round),
            rounds: self.plan.train.images / round,
            before: before.map(shown).collect(),
        }
    }
}

/// An observer that has the doctor read every line, and keeps the lines.
struct DoctorObserver {
    doctor: Doctor,
    findings: Vec<Finding>,
    /// Stops the run at the first severe finding.
    stops: bool,
    /// The latest sheet of fakes.
    sheet: Option<DynamicImage>,
    lines: Vec<Line>,
}

impl DoctorObserver {
    fn read(&mut self, line: Line) {
        self.findings.extend(match &line {
            Line::Of { .. } => Vec::new(),
            Line::Stats(line) => self.doctor.see(Observation::Stats(*line)),
            Line::Modes(line) => self.doctor.see(Observation::Modes(*line)),
            Line::Ended(outcome) => self.doctor.end(outcome),
        });
        self.lines.push(line);
    }

    fn severe(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.severity == Severity::Severe)
    }
}

impl Observer for DoctorObserver {
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
        self.read(Line::Stats(StatsLine { stats, signs: *signs }));
        Ok(())
    }

    fn modes(&mut self, images: u64, modes: &Modes) -> Result<()> {
        self.read(Line::Modes(modes.line(images)));
        Ok(())
    }

    fn sheet(&mut self, _: u64, fakes: &DynamicImage) -> Result<()> {
        self.sheet = Some(fakes.clone());
        Ok(())
    }

    fn wants_stop(&self) -> bool {
        self.stops && self.severe().is_some()
    }
}
