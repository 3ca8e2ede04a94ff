//! Named random streams.
//!
//! Every random number of a run comes from a stream that is a pure function of the run's seed, the purpose of
//! the numbers, and the number of real images used so far. So no state has to be saved: a resumed run asks for the
//! same streams and gets the same numbers. And a new use of randomness does not change the numbers of other uses.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// A stream of random numbers: ChaCha with 8 rounds.
pub type Stream = ChaCha8Rng;

/// The stream for `purpose` (a short name such as `"latent"`) after `images` real images.
///
/// The ChaCha key is SHA-256 of the seed (little endian) and the purpose; `images` selects one of the
/// key's 2⁶⁴ independent streams.
pub fn stream(seed: u64, purpose: &str, images: u64) -> Stream {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(purpose.as_bytes());
    let mut stream = ChaCha8Rng::from_seed(hash.finalize().into());
    stream.set_stream(images);
    stream
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::Rng;

    #[test]
    fn a_stream_is_a_function_of_seed_purpose_and_images() {
        let first = |seed, purpose, images| stream(seed, purpose, images).next_u64();
        assert_eq!(first(1, "latent", 64), first(1, "latent", 64));
        let base = first(1, "latent", 64);
        assert_ne!(base, first(2, "latent", 64));
        assert_ne!(base, first(1, "labels", 64));
        assert_ne!(base, first(1, "latent", 128));
    }
}
