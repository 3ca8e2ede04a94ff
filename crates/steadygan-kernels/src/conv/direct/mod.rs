//! Direct convolution over flat planes, for any kernel, stride and padding. No image is unfolded, and few channels
//! waste no columns of a product, so this also serves the layers next to the image.

mod correlate;
mod flat;
mod weight;

use rayon::prelude::*;

use self::correlate::{Taps, correlate, correlate_planes};
use self::flat::{Flat, Planes, SLACK, Side};
use super::{Conv, OutputGradient};
use crate::activation::leaky_relu_in_place;
use crate::parallel::split_columns;
use crate::scratch::{with_lines, with_numbers};
use crate::simd::{LANES, Line};

pub(super) use self::weight::weight_gradient;

/// A group of images has at least this many numbers in a flat plane, unless the batch is smaller.
const GROUP_NUMBERS: usize = 1024;
/// With fewer groups than this, panels of target channels are tasks of their own.
const FEW_GROUPS: usize = 8;

/// The convolution, `y` from `x`, and the leaky ReLU of `slope` if there is one.
pub(super) fn forward(g: &Conv, slope: Option<f32>, x: &[f32], w: &[f32], y: &mut [f32]) {
    let direction = Direction { g, source: Side::input(g), target: Side::output(g), is_forward: true, slope };
    direction.run(Planes::inputs(x), w, y);
}

/// The input gradient, `dx` from `dy`.
pub(super) fn input_gradient(g: &Conv, dy: OutputGradient, w: &[f32], dx: &mut [f32]) {
    let direction = Direction { g, source: Side::output(g), target: Side::input(g), is_forward: false, slope: None };
    direction.run(Planes::gradients(dy), w, dx);
}

/// From inputs to outputs, or back.
struct Direction<'a> {
    g: &'a Conv,
    source: Side,
    target: Side,
    is_forward: bool,
    /// The slope of the leaky ReLU that follows, if there is one.
    slope: Option<f32>,
}

/// The terms that one phase of the target sums: the offset in the source planes of each (source channel, tap), and the
/// first line of its weights, which are stored in panels of sixteen target channels.
struct Phase {
    offsets: Vec<usize>,
    first_line: usize,
}

impl Direction<'_> {
    /// The taps that reach a phase of the target, and for each the place that it reads, relative to the target's place.
    fn taps(&self, flat: &Flat, plane: usize, phase: usize) -> Vec<(usize, isize)> {
        let (kernel, stride) = (self.g.kernel, self.g.stride);
        let mut taps = Vec::new();
        for tap in 0..kernel * kernel {
            let (ky, kx) = (tap / kernel, tap % kernel);
            let input_phase = ky % stride * stride + kx % stride;
            let shift = ky / stride * flat.pitch + kx / stride;
            if self.is_forward {
                taps.push((tap, (input_phase * plane + shift) as isize));
            } else if input_phase == phase {
                taps.push((tap, -(shift as isize)));
            }
        }
        taps
    }

    /// Packs one panel of target channels from `first` on: a line per (source channel, tap).
    fn pack(&self, w: &[f32], taps: &[(usize, isize)], first: usize, lines: &mut [Line]) {
        let area = self.g.kernel * self.g.kernel;
        let (target_stride, source_stride) =
            if self.is_forward { (self.g.in_channels * area, area) } else { (area, self.g.in_channels * area) };
        lines.fill(Line::ZERO);
        for lane in 0..LANES.min(self.target.channels - first) {
            let from = &w[(first + lane) * target_stride..];
            for (source, lines) in lines.chunks_exact_mut(taps.len()).enumerate() {
                for (line, (tap, _)) in lines.iter_mut().zip(taps) {
                    line.0[lane] = from[source * source_stride + tap];
                }
            }
        }
    }

    fn run(&self, from: Planes, w: &[f32], to: &mut [f32]) {
        let flat = Flat::new(self.g);
        let group = GROUP_NUMBERS.div_ceil(flat.slot()).min(self.g.batch);
        let plane = flat.plane(group);
        let panels = self.target.channels.div_ceil(LANES);
        let taps: Vec<_> = (0..self.target.phases()).map(|phase| self.taps(&flat, plane, phase)).collect();
        let lines: usize = taps.iter().map(|taps| taps.len() * self.source.channels * panels).sum();
        with_lines(lines, |weights| {
            let mut phases = Vec::new();
            let mut first_line = 0;
            for taps in &taps {
                let offsets = self.offsets(&flat, plane, taps);
                let steps = offsets.len();
                if steps > 0 {
                    let panels = weights[first_line..][..steps * panels].par_chunks_mut(steps).enumerate();
                    panels.for_each(|(panel, lines)| self.pack(w, taps, panel * LANES, lines));
                }
                phases.push(Phase { offsets, first_line });
                first_line += steps * panels;
            }
            let weights = &*weights;
            let groups = to.par_chunks_mut(group * self.target.image()).enumerate();
            groups.for_each(|(index, to)| {
                let images = group * self.source.image();
                self.run_group(&flat, plane, from.part(index * images, images), &phases, weights, to);
            });
        });
    }

    /// Where each (source channel, tap) is read for the target's first place.
    fn offsets(&self, flat: &Flat, plane: usize, taps: &[(usize, isize)]) -> Vec<usize> {
        let channel = self.source.phases() * plane;
        let sources = (0..self.source.channels).map(|source| flat.lead() + source * channel);
        sources.flat_map(|at| taps.iter().map(move |(_, shift)| at.strict_add_signed(*shift))).collect()
    }

    /// Computes one group of images.
    fn run_group(&self, flat: &Flat, plane: usize, from: Planes, phases: &[Phase], weights: &[Line], to: &mut [f32]) {
        let is_few = self.g.batch * flat.slot() < FEW_GROUPS * GROUP_NUMBERS;
        let channels = if is_few { LANES } else { self.target.channels };
        with_numbers(self.source.channels * self.source.phases() * plane, |source| {
            for (index, plane) in source.chunks_exact_mut(plane).enumerate() {
                self.source.flatten_plane(flat, index, from, plane);
            }
            let source = &*source;
            let parts = split_columns(to, self.target.image(), channels * self.target.plane());
            parts.into_par_iter().for_each(|(part, mut planes)| {
                for phase in 0..phases.len() {
                    self.run_phase(flat, source, phases, phase, weights, part * channels, &mut planes);
                }
            });
        });
    }

    /// Computes one phase of the target channels from `first` on, as many as the images' `planes` hold.
    #[expect(clippy::too_many_arguments, reason = "a step of `run_group`")]
    fn run_phase(
        &self,
        flat: &Flat,
        source: &[f32],
        phases: &[Phase],
        phase: usize,
        weights: &[Line],
        first: usize,
        planes: &mut [&mut [f32]],
    ) {
        let numbers = planes.len() * flat.slot();
        let row = numbers.next_multiple_of(LANES) + SLACK;
        let Phase { offsets, first_line } = &phases[phase];
        let channels = planes.first().map_or(0, |planes| planes.len() / self.target.plane());
        let whole_rows = self.target.whole_rows(flat, self.slope.unwrap_or(1.0));
        with_numbers(if whole_rows.is_some() { 0 } else { LANES * row }, |out| {
            for panel in (0..channels).step_by(LANES) {
                let rows = LANES.min(channels - panel);
                let start = first_line + (first + panel) / LANES * offsets.len();
                let taps = Taps { offsets, weights: &weights[start..][..offsets.len()] };
                if let Some(whole_rows) = whole_rows {
                    for (index, planes) in planes.iter_mut().enumerate() {
                        let planes = &mut planes[panel * self.target.plane()..];
                        correlate_planes(rows, taps, &source[index * flat.slot()..], whole_rows, planes);
                    }
                    continue;
                }
                correlate(rows, taps, source, numbers, row, out);
                for (index, planes) in planes.iter_mut().enumerate() {
                    let targets = planes[panel * self.target.plane()..].chunks_exact_mut(self.target.plane());
                    for (plane, out) in targets.zip(out.chunks_exact(row)).take(rows) {
                        self.target.unflatten(flat, phase, &out[index * flat.slot()..], plane);
                        if let Some(slope) = self.slope {
                            leaky_relu_in_place(plane, slope);
                        }
                    }
                }
            }
        });
    }
}
