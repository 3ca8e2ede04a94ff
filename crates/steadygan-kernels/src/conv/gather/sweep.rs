//! Which pixels a gathered convolution reads and writes.

use crate::simd::{LANES, Line};

/// Lines of pixels gathered at a time: with 1,024 (channel, tap) pairs the block fills half of a megabyte, a core's second-level cache.
pub(super) const BLOCK_LINES: usize = 8;

/// A stretch of pixels of one line: lanes `lane..lane + len` belong to places `at, at + step, ...` of a group of images.
#[derive(Clone, Copy)]
pub(super) struct Run {
    line: usize,
    lane: usize,
    len: usize,
    at: usize,
}

/// What a tap reads or an output line writes, for one block of lines.
pub(super) struct Sweep {
    /// Kernel taps `(ky, kx)` that take part.
    pub(super) taps: Vec<(usize, usize)>,
    /// Per block of lines, per tap: the source pixels. Places not listed are zero.
    pub(super) sources: Vec<Vec<Vec<Run>>>,
    /// Per block of lines: the output pixels.
    pub(super) targets: Vec<Vec<Run>>,
    /// Lines of each block.
    pub(super) lines: Vec<usize>,
    pub(super) source_step: usize,
    pub(super) target_step: usize,
}

/// One axis-independent description of a sweep, from which the runs are made.
pub(super) struct Grid {
    pub(super) images: usize,
    /// Height and width of the swept output positions.
    pub(super) size: [usize; 2],
    /// Position `i` stands at `target_step * i + offset` of the target image.
    pub(super) offset: [usize; 2],
    pub(super) target_step: usize,
    pub(super) target_width: usize,
    pub(super) target_image: usize,
    /// Position `i` and a tap read source pixel `source_step * i + shift` of the tap.
    pub(super) source_step: usize,
    pub(super) source_size: [usize; 2],
    pub(super) source_image: usize,
    pub(super) taps: Vec<(usize, usize)>,
    pub(super) shifts: Vec<[isize; 2]>,
}

impl Grid {
    pub(super) fn sweep(self) -> Sweep {
        let pixels = self.images * self.size[0] * self.size[1];
        let blocks = pixels.div_ceil(BLOCK_LINES * LANES);
        let mut sweep = Sweep {
            sources: vec![vec![Vec::new(); self.taps.len()]; blocks],
            targets: vec![Vec::new(); blocks],
            lines: vec![BLOCK_LINES; blocks],
            source_step: self.source_step,
            target_step: self.target_step,
            taps: Vec::new(),
        };
        if let Some(last) = sweep.lines.last_mut() {
            *last = (pixels - (blocks - 1) * BLOCK_LINES * LANES).div_ceil(LANES);
        }
        let mut start = 0;
        for image in 0..self.images {
            for row in 0..self.size[0] {
                self.add_row(image, row, start, &mut sweep);
                start += self.size[1];
            }
        }
        sweep.taps = self.taps;
        sweep
    }

    /// Adds the runs of one row of positions, whose first is column `start` of the group.
    fn add_row(&self, image: usize, row: usize, start: usize, sweep: &mut Sweep) {
        let mut first = 0;
        while first < self.size[1] {
            let (block, line, lane) = place(start + first);
            let len = (LANES - lane).min(self.size[1] - first);
            let at = image * self.target_image
                + (row * self.target_step + self.offset[0]) * self.target_width
                + first * self.target_step
                + self.offset[1];
            sweep.targets[block].push(Run {
                line,
                lane,
                len,
                at,
            });
            for (tap, shift) in self.shifts.iter().enumerate() {
                let y = (row * self.source_step) as isize + shift[0];
                if y < 0 || y as usize >= self.source_size[0] {
                    continue;
                }
                let (from, to) = self.inside(shift[1], first, first + len);
                if from >= to {
                    continue;
                }
                let x = (from * self.source_step) as isize + shift[1];
                let at = image * self.source_image + y as usize * self.source_size[1] + x as usize;
                sweep.sources[block][tap].push(Run {
                    line,
                    lane: lane + from - first,
                    len: to - from,
                    at,
                });
            }
            first += len;
        }
    }

    /// The positions within `from..to` whose source column lies in the image.
    fn inside(&self, shift: isize, from: usize, to: usize) -> (usize, usize) {
        let first_at = |x: isize| (x.max(0) as usize).div_ceil(self.source_step);
        let end = first_at(self.source_size[1] as isize - shift);
        (from.max(first_at(-shift)), to.min(end))
    }
}

/// The block, the line in it and the lane of a group's column.
fn place(column: usize) -> (usize, usize, usize) {
    let line = column / LANES;
    (line / BLOCK_LINES, line % BLOCK_LINES, column % LANES)
}

/// One side of the computation: the planes of an image.
pub(super) struct Planes {
    pub(super) channels: usize,
    pub(super) size: [usize; 2],
}

impl Planes {
    pub(super) fn plane(&self) -> usize {
        self.size[0] * self.size[1]
    }

    pub(super) fn len(&self) -> usize {
        self.channels * self.plane()
    }
}

impl Sweep {
    /// Fills the lines of a block, `[line][source channel][tap]`.
    pub(super) fn gather(&self, block: usize, source: &Planes, from: &[f32], lines: &mut [Line]) {
        let taps = self.taps.len();
        let steps = source.channels * taps;
        lines.fill(Line::ZERO);
        for channel in 0..source.channels {
            let from = &from[channel * source.plane()..];
            for (tap, runs) in self.sources[block].iter().enumerate() {
                let step = channel * taps + tap;
                for run in runs {
                    let to = &mut lines[run.line * steps + step].0[run.lane..][..run.len];
                    if self.source_step == 1 {
                        to.copy_from_slice(&from[run.at..][..run.len]);
                    } else {
                        let from = from[run.at..].iter().step_by(self.source_step);
                        to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
                    }
                }
            }
        }
    }

    /// Writes the first `rows` rows of a block's tiles into as many planes.
    pub(super) fn store(
        &self,
        block: usize,
        to: &mut [f32],
        plane: usize,
        rows: usize,
        tiles: &[Line],
    ) {
        for run in &self.targets[block] {
            for row in 0..rows {
                let from = &tiles[run.line * LANES + row].0[run.lane..][..run.len];
                let to = &mut to[row * plane + run.at..];
                if self.target_step == 1 {
                    to[..run.len].copy_from_slice(from);
                } else {
                    let to = to.iter_mut().step_by(self.target_step);
                    to.zip(from).for_each(|(to, &from)| *to = from);
                }
            }
        }
    }
}
