//! The cases of a reader: a case is a function of the seed, its number and what earlier cases taught.

use crate::Reader;
use crate::mutate::mutate;
use fastrand::Rng;

/// The most files that are learnt, and the longest.
const MAX_LEARNT: usize = 512;
const MAX_LEARNT_BYTES: usize = 64 << 10;

/// Makes the cases of a reader.
#[derive(Debug)]
pub struct Cases {
    reader: &'static Reader,
    seed: u64,
    /// The reader's own files, then those that were learnt.
    files: Vec<Vec<u8>>,
    own: usize,
}

impl Cases {
    /// The cases of a seed.
    ///
    /// # Errors
    ///
    /// The reader's files cannot be read.
    pub fn new(reader: &'static Reader, seed: u64) -> Result<Self, String> {
        let files = reader.seeds()?;
        Ok(Self { reader, seed, own: files.len(), files })
    }

    /// A case. The first ones are the reader's files as they are.
    pub fn case(&self, number: u64) -> Vec<u8> {
        if let Some(file) = self.files[..self.own].get(number as usize) {
            return file.clone();
        }
        let mut rng = Rng::with_seed(mixed(self.seed) ^ mixed(number).rotate_left(17));
        let from = if rng.bool() { self.own } else { self.files.len() };
        let file = &self.files[rng.usize(..from)];
        let Reader { frame, text, .. } = *self.reader;
        let framed = if rng.u8(..3) > 0 {
            frame.edit(file, &mut rng, &mut |part, text, rng| mutate(part, &self.files, text, rng))
        } else {
            None
        };
        framed.unwrap_or_else(|| {
            let mut case = file.clone();
            mutate(&mut case, &self.files, text, &mut rng);
            case
        })
    }

    /// Lets later cases begin at this one.
    pub fn learn(&mut self, case: &[u8]) {
        if case.len() <= MAX_LEARNT_BYTES && self.files.len() < self.own + MAX_LEARNT {
            self.files.push(case.to_vec());
        }
    }
}

/// Numbers side by side become numbers far apart (the finaliser of `SplitMix64`, Steele et al. 2014).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::READERS;
    use crate::outcome::{Outcome, outcome};

    /// Files of the corpus whose name begins so are former faults, which have to be refused.
    const REFUSED: &str = "refused-";

    #[test]
    fn every_reader_accepts_its_files_but_for_former_faults() {
        for reader in READERS {
            let folder = tempfile::tempdir().unwrap();
            let path = reader.prepare(folder.path()).unwrap();
            let entries = std::fs::read_dir(reader.corpus()).into_iter().flatten();
            let kept = entries
                .map(|entry| entry.unwrap().path())
                .map(|file| (file.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(file).unwrap()));
            let own = (reader.own)().unwrap().into_iter().enumerate();
            for (name, bytes) in kept.chain(own.map(|(number, bytes)| (number.to_string(), bytes))) {
                std::fs::write(&path, bytes).unwrap();
                let found = outcome(|| (reader.read)(&path), folder.path());
                let right = match name.starts_with(REFUSED) {
                    true => matches!(found, Outcome::Refused(_)),
                    false => found == Outcome::Accepted,
                };
                assert!(right, "{} {name}: {found:?}", reader.name);
            }
        }
    }

    /// A part that is changed to itself leaves a file that is accepted, so lengths and checksums fit.
    #[test]
    fn a_frame_that_was_opened_and_closed_fits() {
        for reader in READERS {
            let folder = tempfile::tempdir().unwrap();
            let path = reader.prepare(folder.path()).unwrap();
            for (number, bytes) in reader.seeds().unwrap().iter().enumerate() {
                for seed in 0..4 {
                    let edited = reader.frame.edit(bytes, &mut Rng::with_seed(seed), &mut |_, _, _| {});
                    let Some(edited) = edited else { continue };
                    std::fs::write(&path, edited).unwrap();
                    let found = [bytes, &std::fs::read(&path).unwrap()].map(|bytes| {
                        std::fs::write(&path, bytes).unwrap();
                        outcome(|| (reader.read)(&path), folder.path())
                    });
                    assert_eq!(found[0], found[1], "{} {number}", reader.name);
                }
            }
        }
    }

    #[test]
    fn a_case_can_be_made_again() {
        let cases = |seed| Cases::new(Reader::named("npy").unwrap(), seed).unwrap();
        let [one, same, other] = [cases(1), cases(1), cases(2)];
        let differing = (100..200).filter(|number| one.case(*number) != other.case(*number)).count();
        assert!(differing > 80 && (0..200).all(|number| one.case(number) == same.case(number)));
    }
}
