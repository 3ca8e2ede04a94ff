//! Compares training with our kernels with training with stock operators: `README.md` in this folder describes the
//! fixture.

use burn::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use steadygan::Result;
use steadygan::data::Dataset;
use steadygan::plan::Plan;
use steadygan::run::{initial_state, prepare};
use steadygan::train::{Observer, State, StepStats, train};
use steadygan_run::Signs;

/// Ten steps on the embedded images, with a line of stats for each step. The seed is chosen so that in `hacks` no
/// activation is so near a kink that rounding moves it across; that would change the losses a hundred times as much.
const SMALL: &str = "seed = 1\n[model]\nwidth = 8\n[train]\nbatch = 8\nimages = 80\nstats-every = 8\n";

/// Together these presets have every layer, and every heuristic both on and off.
pub(crate) const PRESETS: [&str; 2] = ["plain", "hacks"];

/// The losses of discriminator and generator in each step.
pub(crate) type Losses = Vec<[f64; 2]>;

/// The losses with stock operators, and how much rounding alone may change them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stock {
    pub(crate) losses: Losses,
    pub(crate) gap_envelope: Vec<f64>,
}

pub(crate) fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/stock_losses.json")
}

pub(crate) fn prepared(preset: &str) -> (Plan, Dataset) {
    let mut recipe = steadygan::heuristics::recipe();
    recipe.lay_text(&format!("base = '{preset}'\n{SMALL}"), "small").expect("known keys");
    prepare(&recipe).expect("a plan")
}

/// Trains from the plan's own initial state, changed by `change`.
pub(crate) fn losses(plan: &Plan, data: &Dataset, change: impl FnOnce(&mut State)) -> Losses {
    struct Log(Losses);
    impl Observer for Log {
        fn stats(&mut self, _: u64, means: &StepStats, _: f64, _: &Signs) -> Result<()> {
            self.0.push([means.loss_d, means.loss_g]);
            Ok(())
        }
    }
    let device = Device::flex().autodiff();
    let mut state = initial_state(plan, &device).expect("a state");
    change(&mut state);
    let mut log = Log(Vec::new());
    train(plan, data, &mut state, &device, &mut log).expect("nothing writes");
    log.0
}

/// Losses 1 to 3 must be within 1e-3 (relative) of the stock operators' losses. Later losses may differ by at most
/// three times the effect of rounding.
#[test]
fn our_kernels_train_as_stock_operators_do() {
    let text = std::fs::read_to_string(path()).expect("the fixture is in the repository");
    let stock: BTreeMap<String, Stock> = serde_json::from_str(&text).expect("losses by preset");
    for preset in PRESETS {
        let (plan, data) = prepared(preset);
        let ours = losses(&plan, &data, |_| {});
        let theirs = &stock[preset];
        assert_eq!(ours.len(), theirs.losses.len());
        for (step, (ours, theirs_now)) in ours.iter().zip(&theirs.losses).enumerate() {
            for (what, ours, theirs_now) in [("D", ours[0], theirs_now[0]), ("G", ours[1], theirs_now[1])] {
                let allowed = if step < 3 { 1e-3 * theirs_now } else { 3.0 * theirs.gap_envelope[step] };
                let gap = (ours - theirs_now).abs();
                assert!(gap <= allowed, "{preset}: loss {} of {what}: {gap:.2e} is above {allowed:.2e}", step + 1);
            }
        }
    }
}
