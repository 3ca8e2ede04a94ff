//! Working memory that stays with its thread, so that repeated calls do not allocate.

use std::cell::RefCell;

use crate::simd::{LANES, Line, numbers_mut};

thread_local! {
    /// Buffers not in use at the moment, largest last.
    static IDLE: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Buffers kept per thread; more than a kernel ever holds at once.
const KEPT: usize = 8;

/// Runs `work` on `lines` lines of memory with unspecified contents.
///
/// Nested calls get memory of their own, also calls of jobs that this thread steals while it waits.
pub(crate) fn with_lines<R>(lines: usize, work: impl FnOnce(&mut [Line]) -> R) -> R {
    let mut buffer = IDLE.with_borrow_mut(|idle| {
        let fits = idle.iter().position(|buffer| buffer.len() >= lines);
        match fits {
            Some(index) => idle.remove(index),
            None => idle.pop().unwrap_or_default(),
        }
    });
    if buffer.len() < lines {
        buffer = vec![Line::ZERO; lines];
    }
    let result = work(&mut buffer[..lines]);
    IDLE.with_borrow_mut(|idle| {
        let at = idle.partition_point(|other| other.len() < buffer.len());
        idle.insert(at, buffer);
        if idle.len() > KEPT {
            idle.remove(0);
        }
    });
    result
}

/// Runs `work` on `numbers` numbers of memory with unspecified contents, as [`with_lines`].
pub(crate) fn with_numbers<R>(numbers: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    with_lines(numbers.div_ceil(LANES), |lines| work(&mut numbers_mut(lines)[..numbers]))
}
