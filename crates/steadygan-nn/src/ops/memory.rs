//! Reuses the memory of the CPU's tensors. A training step needs the same sizes as the step before it, and reused
//! memory is not cleared, which would be wasted work because the kernels overwrite it.

use burn::backend::{AllocationProperty, Bytes};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Tensors with fewer numbers come from the allocator, which is as fast for them.
const FEWEST: usize = 4096;

static POOL: Mutex<Pool> = Mutex::new(Pool { idle: BTreeMap::new(), idle_numbers: 0, lent: 0, most_lent: 0 });

/// Buffers that no tensor uses at the moment, and counts. All sizes are in numbers (`f32`), not bytes.
struct Pool {
    /// The unused buffers by their length.
    idle: BTreeMap<usize, Vec<Vec<f32>>>,
    idle_numbers: usize,
    lent: usize,
    /// The most numbers ever lent at once. The idle buffers together never exceed it, so that memory is at most twice
    /// what the tensors needed.
    most_lent: usize,
}

impl Pool {
    fn lend(&mut self, length: usize) -> Option<Vec<f32>> {
        self.lent += length;
        self.most_lent = self.most_lent.max(self.lent);
        let buffer = self.idle.get_mut(&length)?.pop()?;
        self.idle_numbers -= length;
        Some(buffer)
    }

    fn take_back(&mut self, buffer: Vec<f32>) {
        let length = buffer.len();
        self.lent -= length;
        if self.idle_numbers + length <= self.most_lent {
            self.idle_numbers += length;
            self.idle.entry(length).or_default().push(buffer);
        }
    }
}

fn pool<R>(work: impl FnOnce(&mut Pool) -> R) -> R {
    // Nothing in `Pool` panics halfway through.
    work(&mut POOL.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A lent buffer. It goes back to the pool when the last tensor that shares it is dropped.
struct Lent(Vec<f32>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        pool(|pool| pool.take_back(buffer));
    }
}

/// Memory of `length` numbers. `fill` must write every number, because the previous contents are unspecified.
pub(super) fn filled(length: usize, fill: impl FnOnce(&mut [f32])) -> Bytes {
    if length < FEWEST {
        let mut numbers = vec![0.0; length];
        fill(&mut numbers);
        return Bytes::from_elems(numbers);
    }
    let buffer = pool(|pool| pool.lend(length));
    let mut lent = Lent(buffer.unwrap_or_else(|| vec![0.0; length]));
    fill(&mut lent.0);
    Bytes::from_shared(bytes::Bytes::from_owner(lent), AllocationProperty::Native)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_memory_is_used_again_and_never_more_than_was_lent() {
        let mut pool = Pool { idle: BTreeMap::new(), idle_numbers: 0, lent: 0, most_lent: 0 };
        assert_eq!(pool.lend(10), None);
        assert_eq!(pool.lend(6), None);
        pool.take_back(vec![7.0; 10]);
        assert_eq!(pool.lend(9), None, "lengths are exact");
        assert_eq!(pool.lend(10), Some(vec![7.0; 10]));
        assert_eq!((pool.lent, pool.most_lent, pool.idle_numbers), (25, 25, 0));
        for length in [10, 9, 6] {
            pool.take_back(vec![0.0; length]);
        }
        assert_eq!((pool.lent, pool.idle_numbers), (0, 25));
        assert_eq!(pool.lend(1), None);
        pool.take_back(vec![0.0; 1]);
        assert_eq!(pool.idle_numbers, 25, "the idle buffers would exceed the most ever lent");
    }

    #[test]
    fn a_buffer_lives_as_long_as_its_tensors() {
        let fill = |value: f32| move |numbers: &mut [f32]| numbers.fill(value);
        let bytes = filled(FEWEST, fill(1.0));
        let copy = bytes.clone();
        drop(bytes);
        let other = filled(FEWEST, fill(2.0));
        assert!(bytemuck::cast_slice::<u8, f32>(&copy).iter().all(|&number| number == 1.0));
        assert!(bytemuck::cast_slice::<u8, f32>(&other).iter().all(|&number| number == 2.0));
    }
}
