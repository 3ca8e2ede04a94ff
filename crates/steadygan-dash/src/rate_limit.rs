//! Limits the rate of requests.

use crate::store::lock;
use std::sync::Mutex;
use std::time::Instant;

/// The most requests a second over a long time, and the most at once: a list of runs requests a picture of each run.
const RATE: f64 = 100.0;
const BURST: f64 = 1000.0;

/// A token bucket for requests, which fills at [`RATE`] up to [`BURST`].
#[derive(Debug)]
pub(crate) struct RateLimit(Mutex<(f64, Instant)>);

impl Default for RateLimit {
    fn default() -> Self {
        Self(Mutex::new((BURST, Instant::now())))
    }
}

impl RateLimit {
    /// Whether one request more may be answered now.
    pub(crate) fn allows(&self) -> bool {
        self.allows_at(Instant::now())
    }

    fn allows_at(&self, now: Instant) -> bool {
        let mut bucket = lock(&self.0);
        let filled = bucket.0 + RATE * now.saturating_duration_since(bucket.1).as_secs_f64();
        let is_allowed = filled >= 1.0;
        *bucket = (filled.min(BURST) - f64::from(u8::from(is_allowed)), now);
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn requests_are_answered_at_a_rate_after_a_burst() {
        let limit = RateLimit::default();
        let start = Instant::now();
        let at = |ms: u64| (0..2000).filter(|_| limit.allows_at(start + Duration::from_millis(ms))).count();
        assert_eq!(at(0), BURST as usize);
        assert_eq!(at(500), 50);
        assert_eq!(at(100_000), BURST as usize);
    }
}
