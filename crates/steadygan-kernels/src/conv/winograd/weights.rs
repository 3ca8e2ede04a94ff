//! Transforms weights to positions, for each direction, and weight gradients from positions back to taps.

use super::family::Family;
use super::transform::{load_block, positions_to_taps, store_block, taps_to_positions};
use crate::simd::{Isa, LANES, Line, vectorised};

/// The channels of a weight tensor `[out_channels][in_channels][taps]`, and the side that the sixteen lanes run over.
#[derive(Clone, Copy)]
pub(super) struct WeightLayout {
    pub(super) in_channels: usize,
    pub(super) out_channels: usize,
    /// Whether lanes are input channels (for the input gradient) rather than output channels.
    pub(super) lanes_are_inputs: bool,
}

impl WeightLayout {
    /// Distance between the kernels of neighbouring lanes, and of neighbours on the other side.
    #[inline(always)]
    fn strides(&self, taps: usize) -> (usize, usize) {
        let row = self.in_channels * taps;
        if self.lanes_are_inputs { (taps, row) } else { (row, taps) }
    }

    /// Channels on the side of the lanes, and on the other.
    #[inline(always)]
    fn channels(&self) -> (usize, usize) {
        if self.lanes_are_inputs {
            (self.in_channels, self.out_channels)
        } else {
            (self.out_channels, self.in_channels)
        }
    }
}

/// Reads sixteen kernels, `stride` apart, as one line per tap.
#[inline(always)]
fn load_taps<I: Isa>(w: &[f32], stride: usize, lanes: usize, taps: usize, lines: &mut [Line; LANES]) {
    if lanes == LANES && w.len() >= (LANES - 1) * stride + LANES {
        // A kernel with fewer taps reads into its neighbour; those columns are not used.
        let mut rows = [I::splat(0.0); LANES];
        for lane in 0..LANES {
            rows[lane] = I::load(w[lane * stride..].first_chunk().expect("the length was checked"));
        }
        let columns = I::transpose(rows);
        for tap in 0..LANES {
            I::store(columns[tap], &mut lines[tap].0);
        }
    } else {
        for (tap, line) in lines.iter_mut().enumerate().take(taps) {
            *line = Line::ZERO;
            for lane in 0..lanes {
                line.0[lane] = w[lane * stride + tap];
            }
        }
    }
}

vectorised! {
    /// The weights of the sixteen lanes from `16 * block` on, as `[phase of a lane's channel][position][step]` with
    /// room for `stride` steps per position.
    ///
    /// Steps are the channels of the other side: `[block][phase][lane]`.
    pub(super) fn weights_to_positions<I, F: Family<A, R>; const A: usize, const R: usize>(
        layout: WeightLayout, w: &[f32], block: usize, stride: usize, positions: &mut [Line],
    ) {
        let taps = F::STEP * F::STEP * R * R;
        let (lane_stride, other_stride) = layout.strides(taps);
        let (lane_channels, others) = layout.channels();
        let lanes = LANES.min(lane_channels - block * LANES);
        let mut kernels = [[Line::ZERO; LANES]; LANES];
        // Sixteen kernels at a time, phase by phase: neighbouring steps are written together, to few pages at a time.
        for first_other in (0..others).step_by(LANES) {
            for step in 0..LANES {
                let (other, kernel) = (first_other + step, &mut kernels[step]);
                if other < others {
                    let from = &w[block * LANES * lane_stride + other * other_stride..];
                    load_taps::<I>(from, lane_stride, lanes, taps, kernel);
                } else {
                    *kernel = [Line::ZERO; LANES];
                }
            }
            for phase in 0..F::STEP * F::STEP {
                let first = if layout.lanes_are_inputs {
                    phase * A * A * stride + first_other
                } else {
                    first_other * F::STEP * F::STEP + phase * LANES
                };
                for step in 0..LANES {
                    let u = taps_to_positions::<I, F, A, R>(&kernels[step], phase);
                    store_block::<I, A>(u, &mut positions[first + step..], A * stride, stride);
                }
            }
        }
    }
}

vectorised! {
    /// The weight gradients of one block of input channels by one block of output channels, from the positions
    /// `[phase][position][input channel]` (output channels in the lanes) into `rows[output channel]`, each
    /// `[input channel][taps]`.
    pub(super) fn positions_to_weights<I, F: Family<A, R>; const A: usize, const R: usize>(
        positions: &[Line], rows: &mut [&mut [f32]],
    ) {
        let taps = F::STEP * F::STEP * R * R;
        let channels = rows.first().map_or(0, |row| row.len() / taps);
        let mut lines = [Line::ZERO; LANES];
        for channel in 0..channels {
            for phase in 0..F::STEP * F::STEP {
                let positions = &positions[phase * A * A * LANES + channel..];
                let u = load_block::<I, A>(positions, A * LANES, LANES);
                positions_to_taps::<I, F, A, R>(u, phase, &mut lines);
            }
            let mut columns = [I::splat(0.0); LANES];
            for tap in 0..LANES {
                columns[tap] = I::load(&lines[tap].0);
            }
            let columns = I::transpose(columns);
            for (row, column) in rows.iter_mut().zip(&columns) {
                let mut values = Line::ZERO;
                I::store(*column, &mut values.0);
                row[channel * taps..][..taps].copy_from_slice(&values.0[..taps]);
            }
        }
    }
}
