//! Planes laid out flat, so that shifting an image is adding to an index.
//!
//! A convolution with stride `s` and `reach = (kernel - 1) / s` reads, for tap `(ky, kx)` of output `(r, c)`, the input
//! phase `(ky % s, kx % s)` at `(r + ky / s, c + kx / s)`. Both sides are stored with the same pitch: at least
//! `out_width + reach` numbers per row and at least `out_height + reach` rows per image, with zeros outside the image.
//! Then that input stands `ky / s * pitch + kx / s` numbers after the output's own index, also across the images of a
//! group. Sums computed in the gaps are not used.

use super::correlate::WholeRows;
use crate::activation::leaky_slope;
use crate::conv::{Conv, LeakyReluOutput, OutputGradient};
use crate::simd::{LANES, vectorised};

/// Numbers that a kernel may read beyond what it needs: the widest register block.
pub(super) const SLACK: usize = 8 * LANES;

/// The common layout of both sides of a convolution.
#[derive(Clone, Copy)]
pub(super) struct Flat {
    /// Numbers of a row, and rows of an image.
    pub(super) pitch: usize,
    rows: usize,
    reach: usize,
}

impl Flat {
    pub(super) fn new(g: &Conv) -> Self {
        let reach = (g.kernel - 1) / g.stride;
        // Inputs beyond the last output's reach have places too: their gradients are zero.
        let all = |input: usize, output: usize| (output + reach).max((input + g.pad_before).div_ceil(g.stride));
        Flat { pitch: all(g.in_width, g.out_width()), rows: all(g.in_height, g.out_height()), reach }
    }

    /// Numbers of one image's plane.
    pub(super) fn slot(&self) -> usize {
        self.rows * self.pitch
    }

    /// Zeros before the first image: how far back an input gradient reads, rounded up to whole lines.
    pub(super) fn lead(&self) -> usize {
        (self.reach * self.pitch + self.reach).next_multiple_of(LANES)
    }

    /// Numbers of one plane of `images` images, with the zeros around them.
    pub(super) fn plane(&self, images: usize) -> usize {
        self.lead() + (images * self.slot()).next_multiple_of(LANES) + self.lead() + SLACK
    }
}

/// The numbers of a side's images. Gradients are taken back through a leaky ReLU if there is one.
#[derive(Clone, Copy)]
pub(super) struct Planes<'a> {
    pub(super) numbers: &'a [f32],
    after: Option<LeakyReluOutput<'a>>,
}

impl<'a> Planes<'a> {
    pub(super) fn inputs(numbers: &'a [f32]) -> Self {
        Planes { numbers, after: None }
    }

    /// The gradients of the output side, whose step is always 1.
    pub(super) fn gradients(gradient: OutputGradient<'a>) -> Self {
        Planes { numbers: gradient.dy, after: gradient.after }
    }

    /// Parts of `numbers` numbers.
    pub(super) fn chunks(self, numbers: usize) -> impl Iterator<Item = Planes<'a>> {
        (0..self.numbers.len()).step_by(numbers).map(move |first| self.part(first, numbers))
    }

    /// At most `count` numbers from `first` on.
    pub(super) fn part(self, first: usize, count: usize) -> Self {
        let part = first..self.numbers.len().min(first + count);
        let after = self.after.map(|leaky| LeakyReluOutput { y: &leaky.y[part.clone()], ..leaky });
        Planes { numbers: &self.numbers[part], after }
    }
}

/// One side of a convolution: its planes in memory.
#[derive(Clone, Copy)]
pub(super) struct Side {
    pub(super) channels: usize,
    height: usize,
    width: usize,
    /// Distance between neighbours of one phase, and zeros before the image.
    step: usize,
    pad: usize,
}

impl Side {
    pub(super) fn input(g: &Conv) -> Self {
        Side { channels: g.in_channels, height: g.in_height, width: g.in_width, step: g.stride, pad: g.pad_before }
    }

    pub(super) fn output(g: &Conv) -> Self {
        Side { channels: g.out_channels, height: g.out_height(), width: g.out_width(), step: 1, pad: 0 }
    }

    /// How sums are written directly to planes; `None` unless the planes' rows are whole vectors.
    pub(super) fn whole_rows(&self, flat: &Flat, slope: f32) -> Option<WholeRows> {
        let fits = self.step == 1 && self.pad == 0 && self.width.is_multiple_of(LANES);
        let (vectors, row_vectors) = (self.plane() / LANES, self.width / LANES);
        fits.then_some(WholeRows { vectors, row_vectors, pitch: flat.pitch, slope })
    }

    /// Planes that a channel is divided into.
    pub(super) fn phases(&self) -> usize {
        self.step * self.step
    }

    /// Numbers of one channel of one image.
    pub(super) fn plane(&self) -> usize {
        self.height * self.width
    }

    /// Numbers of one image.
    pub(super) fn image(&self) -> usize {
        self.channels * self.plane()
    }

    /// The flat indices `first, first + 1, ...` of one axis that lie in the image, and the image's position at the
    /// first of them; the following positions are `step` apart.
    fn inside(&self, residue: usize, size: usize, limit: usize) -> (std::ops::Range<usize>, usize) {
        let first = self.pad.saturating_sub(residue).div_ceil(self.step);
        let end = (size + self.pad).saturating_sub(residue).div_ceil(self.step).min(limit);
        (first..end.max(first), (first * self.step + residue).saturating_sub(self.pad))
    }

    /// Calls `row(flat index, position in the plane, count)` for each row of one phase; positions are `step` apart.
    fn rows(&self, flat: &Flat, phase: usize, mut row: impl FnMut(usize, usize, usize)) {
        let (rows, top) = self.inside(phase / self.step, self.height, flat.rows);
        let (columns, left) = self.inside(phase % self.step, self.width, flat.pitch);
        if columns.is_empty() {
            return;
        }
        for (index, r) in rows.enumerate() {
            let at = (top + index * self.step) * self.width + left;
            row(r * flat.pitch + columns.start, at, columns.len());
        }
    }

    /// Fills one image's slot with one phase of the plane that starts at `plane` among the `images`.
    fn flatten(&self, flat: &Flat, phase: usize, images: Planes, plane: usize, slot: &mut [f32]) {
        slot.fill(0.0);
        self.rows(flat, phase, |to, from, count| {
            let (to, from) = (&mut slot[to..][..count], plane + from);
            let numbers = &images.numbers[from..];
            match (images.after, self.step) {
                (Some(leaky), _) => take_back(&numbers[..count], &leaky.y[from..][..count], leaky.slope, to),
                (None, 1) => to.copy_from_slice(&numbers[..count]),
                (None, step) => to.iter_mut().zip(numbers.iter().step_by(step)).for_each(|(to, from)| *to = *from),
            }
        });
    }

    /// Writes one phase of a plane from one image's slot: the reverse of `flatten`.
    pub(super) fn unflatten(&self, flat: &Flat, phase: usize, slot: &[f32], plane: &mut [f32]) {
        self.rows(flat, phase, |from, to, count| {
            let from = &slot[from..][..count];
            match self.step {
                1 => plane[to..][..count].copy_from_slice(from),
                step => plane[to..].iter_mut().step_by(step).zip(from).for_each(|(to, from)| *to = *from),
            }
        });
    }

    /// Fills the plane `index` of `[channel][phase]` of a group of images, and zeros around and after them.
    pub(super) fn flatten_plane(&self, flat: &Flat, index: usize, images: Planes, plane: &mut [f32]) {
        let (channel, phase) = (index / self.phases(), index % self.phases());
        let used = images.numbers.len() / self.image() * flat.slot();
        plane[..flat.lead()].fill(0.0);
        plane[flat.lead() + used..].fill(0.0);
        let slots = plane[flat.lead()..][..used].chunks_exact_mut(flat.slot());
        for (image, slot) in slots.enumerate() {
            self.flatten(flat, phase, images, image * self.image() + channel * self.plane(), slot);
        }
    }
}

vectorised! {
    /// Takes a row of gradients back through a leaky ReLU whose output is `y`.
    fn take_back<I>(dy: &[f32], y: &[f32], slope: f32, to: &mut [f32]) {
        for (to, (dy, y)) in to.iter_mut().zip(dy.iter().zip(y)) {
            *to = dy * leaky_slope(*y, slope);
        }
    }
}
