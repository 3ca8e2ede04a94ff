//! Convolution and input gradient as matrix products over gathered pixels (implicit im2col): any kernel, stride and padding.
//!
//! Both are the same computation. A [`Sweep`] lists output pixels and, for each tap of the kernel, the source pixel that it reads.
//! The convolution is one sweep; the input gradient is one sweep per residue of the output position modulo the stride, each with the
//! taps that reach it. A task is a few images by a block of output channels: it gathers a block of columns, one line of sixteen
//! pixels per (source channel, tap), multiplies, and stores rows of pixels.

use rayon::prelude::*;

mod sweep;

use super::Conv;
use crate::gemm::multiply_panel;
use crate::scratch::with_lines;
use crate::simd::{LANES, Line};
use sweep::{BLOCK_LINES, Grid, Planes, Sweep};

/// Pixels that a task should have at least, so that small images are taken together.
const TASK_PIXELS: usize = 64;
/// Batches below this also divide the output channels among tasks.
const SMALL_BATCH: usize = 8;

/// The convolution, `y` from `x`.
pub(super) fn forward(g: &Conv, x: &[f32], w: &[f32], y: &mut [f32]) {
    let source = Planes {
        channels: g.in_channels,
        size: [g.in_height, g.in_width],
    };
    let target = Planes {
        channels: g.out_channels,
        size: [g.out_height(), g.out_width()],
    };
    let taps: Vec<_> = taps(g).collect();
    let area = g.kernel * g.kernel;
    let weights = Weights {
        values: w,
        target_stride: g.in_channels * area,
        source_stride: area,
        kernel: g.kernel,
    };
    let pad = g.pad_before as isize;
    let grids = |images| {
        vec![Grid {
            images,
            size: target.size,
            offset: [0, 0],
            target_step: 1,
            target_width: target.size[1],
            target_image: target.len(),
            source_step: g.stride,
            source_size: source.size,
            source_image: source.len(),
            shifts: shifts(&taps, |tap| tap as isize - pad),
            taps: taps.clone(),
        }]
    };
    run(g.batch, &source, &target, &weights, grids, x, y);
}

/// The input gradient, `dx` from `dy`.
pub(super) fn input_gradient(g: &Conv, dy: &[f32], w: &[f32], dx: &mut [f32]) {
    let source = Planes {
        channels: g.out_channels,
        size: [g.out_height(), g.out_width()],
    };
    let target = Planes {
        channels: g.in_channels,
        size: [g.in_height, g.in_width],
    };
    let area = g.kernel * g.kernel;
    let weights = Weights {
        values: w,
        target_stride: area,
        source_stride: g.in_channels * area,
        kernel: g.kernel,
    };
    let grid = |images, residue: [usize; 2]| {
        // Input position `stride * i + residue` meets tap `k` at output position `i + (residue + pad - k) / stride`.
        let reaches = |axis: usize, tap: usize| {
            (residue[axis] + g.pad_before + g.stride * g.kernel - tap).is_multiple_of(g.stride)
        };
        let taps: Vec<_> = taps(g)
            .filter(|&(ky, kx)| reaches(0, ky) && reaches(1, kx))
            .collect();
        let shift =
            |axis: usize, tap: usize| (residue[axis] + g.pad_before) as isize - tap as isize;
        let stride = g.stride as isize;
        Grid {
            images,
            size: std::array::from_fn(|axis| {
                (target.size[axis] - residue[axis].min(target.size[axis])).div_ceil(g.stride)
            }),
            offset: residue,
            target_step: g.stride,
            target_width: target.size[1],
            target_image: target.len(),
            source_step: 1,
            source_size: source.size,
            source_image: source.len(),
            shifts: taps
                .iter()
                .map(|&(ky, kx)| [shift(0, ky) / stride, shift(1, kx) / stride])
                .collect(),
            taps,
        }
    };
    let grids = |images| {
        let residues = (0..g.stride).flat_map(|y| (0..g.stride).map(move |x| [y, x]));
        residues.map(|residue| grid(images, residue)).collect()
    };
    run(g.batch, &source, &target, &weights, grids, dy, dx);
}

/// All taps of the kernel, row by row.
fn taps(g: &Conv) -> impl Iterator<Item = (usize, usize)> {
    let kernel = g.kernel;
    (0..kernel).flat_map(move |ky| (0..kernel).map(move |kx| (ky, kx)))
}

fn shifts(taps: &[(usize, usize)], shift: impl Fn(usize) -> isize) -> Vec<[isize; 2]> {
    taps.iter()
        .map(|&(ky, kx)| [shift(ky), shift(kx)])
        .collect()
}

/// A weight tensor seen from the target's channels.
struct Weights<'a> {
    values: &'a [f32],
    target_stride: usize,
    source_stride: usize,
    kernel: usize,
}

impl Weights<'_> {
    /// One panel of sixteen target channels from `first` on: a line per (source channel, tap).
    fn pack(&self, first: usize, targets: usize, taps: &[(usize, usize)], lines: &mut [Line]) {
        lines.fill(Line::ZERO);
        for lane in 0..LANES.min(targets - first) {
            let from = &self.values[(first + lane) * self.target_stride..];
            for (source, lines) in lines.chunks_exact_mut(taps.len()).enumerate() {
                for (line, &(ky, kx)) in lines.iter_mut().zip(taps) {
                    line.0[lane] = from[source * self.source_stride + ky * self.kernel + kx];
                }
            }
        }
    }
}

/// A sweep with the weights of its taps, packed by panels of target channels.
struct Job {
    sweep: Sweep,
    /// Where its panels start among the packed weights, and the length of one.
    first_line: usize,
    steps: usize,
}

/// Computes all target images from all source images by the sweeps of `grids(images in a group)`.
fn run(
    batch: usize,
    source: &Planes,
    target: &Planes,
    weights: &Weights,
    grids: impl Fn(usize) -> Vec<Grid>,
    from: &[f32],
    to: &mut [f32],
) {
    let group = TASK_PIXELS.div_ceil(target.plane()).min(batch);
    let jobs = |images| -> Vec<Job> {
        let mut first_line = 0;
        let job = |grid: Grid| {
            let sweep = grid.sweep();
            let steps = source.channels * sweep.taps.len();
            let job = Job {
                sweep,
                first_line,
                steps,
            };
            first_line += steps * target.channels.div_ceil(LANES);
            job
        };
        grids(images).into_iter().map(job).collect()
    };
    let whole = jobs(group);
    let rest = jobs((batch % group).max(1));
    let lines = whole.last().map_or(0, |job| {
        job.first_line + job.steps * target.channels.div_ceil(LANES)
    });
    // Groups of several images keep all their channels together: their planes do not lie side by side.
    let channels = if group == 1 && batch < SMALL_BATCH {
        LANES
    } else {
        target.channels
    };
    let chunk = channels * target.plane() * group;
    with_lines(lines, |packed| {
        for job in &whole {
            if job.steps > 0 {
                let panels =
                    &mut packed[job.first_line..][..job.steps * target.channels.div_ceil(LANES)];
                panels
                    .par_chunks_mut(job.steps)
                    .enumerate()
                    .for_each(|(panel, lines)| {
                        weights.pack(panel * LANES, target.channels, &job.sweep.taps, lines);
                    });
            }
        }
        let packed = &*packed;
        to.par_chunks_mut(group * target.len())
            .enumerate()
            .for_each(|(index, images)| {
                let jobs = if images.len() == group * target.len() {
                    &whole
                } else {
                    &rest
                };
                let from = &from[index * group * source.len()..];
                images
                    .par_chunks_mut(chunk)
                    .enumerate()
                    .for_each(|(block, to)| {
                        let first = block * channels;
                        for job in jobs {
                            let task = Task {
                                job,
                                source,
                                target,
                                packed,
                                from,
                            };
                            task.run(first, channels.min(target.channels - first), to);
                        }
                    });
            });
    });
}

/// A job on one group of images.
struct Task<'a> {
    job: &'a Job,
    source: &'a Planes,
    target: &'a Planes,
    packed: &'a [Line],
    from: &'a [f32],
}

impl Task<'_> {
    /// Computes `channels` target channels from `first` on, into their planes.
    fn run(&self, first: usize, channels: usize, to: &mut [f32]) {
        let steps = self.job.steps;
        let sweep = &self.job.sweep;
        let plane = self.target.plane();
        let weights = &self.packed[self.job.first_line + first / LANES * steps..];
        with_lines(BLOCK_LINES * (steps + LANES), |memory| {
            let (gathered, tiles) = memory.split_at_mut(BLOCK_LINES * steps);
            for (block, &lines) in sweep.lines.iter().enumerate() {
                let gathered = &mut gathered[..lines * steps];
                let tiles = &mut tiles[..lines * LANES];
                sweep.gather(block, self.source, self.from, gathered);
                for first in (0..channels).step_by(LANES) {
                    let rows = LANES.min(channels - first);
                    let panel = &weights[first / LANES * steps..][..steps];
                    multiply_panel::<false>(rows, panel, gathered, tiles);
                    sweep.store(block, &mut to[first * plane..], plane, rows, tiles);
                }
            }
        });
    }
}
