//! Connects training with the run directory, the caller and the doctor.

use crate::diagnose::{Doctor, MeasuredDistance, Observation};
use crate::error::Result;
use crate::metrics::Estimate;
use crate::metrics::modes::Modes;
use crate::pictures::DynamicImage;
use crate::plan::OnSevere;
use crate::train::{Distance, Observer, Recorder, State, StepStats};
use steadygan_run::{Finding, Manifest, Outcome, Severity, Signs};

/// Passes everything that training reports to the recorder, to the caller's observer and to the doctor.
pub(super) struct Monitor<'a> {
    recorder: Recorder,
    doctor: Doctor,
    on_severe: OnSevere,
    /// The severe finding that ends the run.
    halted_by: Option<String>,
    observer: &'a mut dyn Observer,
}

impl<'a> Monitor<'a> {
    pub(super) fn new(recorder: Recorder, doctor: Doctor, on_severe: OnSevere, observer: &'a mut dyn Observer) -> Self {
        Self { recorder, doctor, on_severe, halted_by: None, observer }
    }

    /// Passes the findings from before training to the observer. The run directory has them already.
    pub(super) fn report_before_training(&mut self, findings: &[Finding]) -> Result<()> {
        findings.iter().try_for_each(|finding| {
            self.halt_if_severe(finding);
            self.observer.finding(finding)
        })
    }

    pub(super) fn log(&self, line: &str) -> Result<()> {
        self.recorder.log(line)
    }

    pub(super) fn manifest(&self, manifest: &Manifest) -> Result<()> {
        self.recorder.manifest(manifest)
    }

    /// The run's outcome: `Halted` if a severe finding stopped training, else `outcome`. Reports the doctor's findings
    /// about the outcome.
    pub(super) fn end(&mut self, outcome: Outcome) -> Result<Outcome> {
        let findings = self.doctor.end(&outcome);
        self.report(findings)?;
        Ok(match (outcome, self.halted_by.take()) {
            (Outcome::Stopped { images }, Some(finding)) => Outcome::Halted { images, finding },
            (outcome, _) => outcome,
        })
    }

    fn observe(&mut self, observation: Observation) -> Result<()> {
        let findings = self.doctor.see(observation);
        self.report(findings)
    }

    fn report(&mut self, findings: Vec<Finding>) -> Result<()> {
        for finding in findings {
            self.halt_if_severe(&finding);
            self.recorder.finding(&finding)?;
            self.observer.finding(&finding)?;
        }
        Ok(())
    }

    fn halt_if_severe(&mut self, finding: &Finding) {
        if finding.severity == Severity::Severe && self.on_severe != OnSevere::Warn {
            self.halted_by.get_or_insert_with(|| finding.finding.clone());
        }
    }
}

impl Observer for Monitor<'_> {
    fn step(&mut self, images: u64) {
        self.observer.step(images);
    }
    fn stats(&mut self, images: u64, means: &StepStats, diversity: f64, signs: &Signs) -> Result<()> {
        let line = self.recorder.record(images, means, diversity, signs)?;
        self.observer.stats(images, means, diversity, signs)?;
        self.observe(Observation::Stats(line))
    }
    fn modes(&mut self, images: u64, modes: &Modes) -> Result<()> {
        self.recorder.modes(images, modes)?;
        self.observer.modes(images, modes)?;
        self.observe(Observation::Modes(modes.line(images)))
    }
    fn sheet(&mut self, images: u64, fakes: &DynamicImage) -> Result<()> {
        self.recorder.sheet(images, fakes)?;
        self.observer.sheet(images, fakes)
    }
    fn distance(&mut self, state: &State, distance: &Distance) -> Result<()> {
        self.recorder.distance(state, distance)?;
        self.observer.distance(state, distance)?;
        let (images, Estimate { value, deviation }) = (state.images, distance.distance);
        self.observe(Observation::Distance(MeasuredDistance { images, value, deviation }))
    }
    fn checkpoint(&mut self, state: &State) -> Result<()> {
        self.recorder.checkpoint(state)?;
        self.observer.checkpoint(state)
    }
    fn wants_stop(&self) -> bool {
        self.halted_by.is_some() || self.observer.wants_stop()
    }
}
