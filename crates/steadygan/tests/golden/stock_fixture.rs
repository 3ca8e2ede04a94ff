//! Writes the fixture of `stock.rs`; compiled only with stock operators.

use crate::stock::{Losses, PRESETS, Stock, losses, path, prepared};
use burn::prelude::*;
use rand_chacha::rand_core::Rng;
use std::collections::BTreeMap;
use steadygan::data::Dataset;
use steadygan::nn::{Network, load_tensors, named_tensors};
use steadygan::plan::Plan;
use steadygan::rng;

/// A relative change of the same order as our operators' rounding, whose relative L2 error against f64 is at most 5e-6
/// (`benchmarks/2026-11-22-spine`).
const ROUNDING: f32 = 1e-6;

/// The network with each value randomly made larger or smaller by the factor 1 ± `ROUNDING`.
fn nudged(network: Network, stream: &mut rng::Stream) -> Network {
    let mut nudge =
        |value: f32| if stream.next_u32() & 1 == 0 { value * (1.0 + ROUNDING) } else { value * (1.0 - ROUNDING) };
    let mut tensors = BTreeMap::new();
    for tensor in named_tensors(&network) {
        let values: Vec<f32> = tensor.data.iter::<f32>().map(&mut nudge).collect();
        tensors.insert(tensor.name, TensorData::new(values, tensor.data.shape().clone()));
    }
    load_tensors(network, &tensors).expect("the network's own names")
}

/// For each step, the largest change of a loss up to this step, over eight starts that differ by `ROUNDING`.
fn gap_envelope(plan: &Plan, data: &Dataset, base: &Losses) -> Vec<f64> {
    let mut gaps = vec![0f64; base.len()];
    for number in 0..8 {
        let mut stream = rng::stream(number, "nudge", 0);
        let moved = losses(plan, data, |state| {
            for network in [&mut state.generator, &mut state.discriminator] {
                *network = nudged(std::mem::take(network), &mut stream);
            }
        });
        for (gap, (moved, base)) in gaps.iter_mut().zip(moved.iter().zip(base)) {
            *gap = gap.max((moved[0] - base[0]).abs()).max((moved[1] - base[1]).abs());
        }
    }
    let running = gaps.iter().scan(0f64, |most, &gap| {
        *most = most.max(gap);
        Some(*most)
    });
    running.collect()
}

#[test]
#[ignore = "writes stock_losses.json"]
fn write_losses() {
    let stock = PRESETS.map(|preset| {
        let (plan, data) = prepared(preset);
        let losses = losses(&plan, &data, |_| {});
        let gap_envelope = gap_envelope(&plan, &data, &losses);
        (preset, Stock { losses, gap_envelope })
    });
    let text = serde_json::to_string_pretty(&BTreeMap::from(stock)).expect("numbers");
    std::fs::write(path(), text + "\n").expect("a file");
}
