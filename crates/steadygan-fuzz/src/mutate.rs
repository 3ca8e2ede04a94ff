//! Changes bytes: anywhere, or word by word if they are text.

use fastrand::Rng;

/// A case is not made longer than this, so that cases stay fast.
const MAX_BYTES: usize = 256 << 10;

/// The most changes of one case.
const MAX_CHANGES: usize = 6;

/// Numbers at which something overflows, wraps or changes its sign.
const EDGES: [u64; 18] = [
    0,
    1,
    2,
    3,
    4,
    16,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    0x7FFF_FFFF_FFFF_FFFF,
    0x8000_0000_0000_0000,
    0xFFFF_FFFF_FFFF_FFFF,
];

/// Words that a text may not expect.
const WORDS: &[&str] = &[
    "0",
    "1",
    "2",
    "-1",
    "-0",
    "0.0",
    "0.5",
    "1e-45",
    "1e-320",
    "1e38",
    "1e308",
    "-1e308",
    "1e999",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "255",
    "256",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "true",
    "false",
    "null",
    "\"\"",
    "\"a\"",
    "[]",
    "{}",
    "[0]",
    "[[]]",
    "{a=1}",
    "{\"a\":1}",
    "\"auto\"",
    "\"off\"",
    "\"ring\"",
    "\"10k\"",
    "\"k\"",
    "a.b",
    "\"a.b\"",
    "seed",
    "'",
    "\"",
    "[",
    "]",
    "{",
    "}",
    "=",
    ":",
    ",",
    ".",
    "#",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{1b}[31m",
    "\u{feff}",
    "\u{202e}",
    "é",
    "🦀",
    "\\u0000",
    "\\ud800",
    "\\",
    "/",
    "../",
    "%s",
    "1979-05-27",
    "0x7f",
    "1_000",
];

/// Changes `case` in one to six places. `others` are files of the same kind, from which pieces are taken.
pub fn mutate(case: &mut Vec<u8>, others: &[Vec<u8>], text: bool, rng: &mut Rng) {
    for _ in 0..=rng.usize(..MAX_CHANGES) {
        // Now and then a text is changed as bytes, and bytes as a text: both hold pieces of the other.
        if text != (rng.u8(..8) == 0) {
            change_words(case, others, rng)
        } else {
            change_bytes(case, others, rng)
        }
        if rng.bool() {
            break;
        }
    }
    case.truncate(MAX_BYTES);
}

fn change_bytes(case: &mut Vec<u8>, others: &[Vec<u8>], rng: &mut Rng) {
    if case.is_empty() {
        case.extend((0..rng.usize(1..16)).map(|_| rng.u8(..)));
        return;
    }
    let at = rng.usize(..case.len());
    match rng.u8(..10) {
        0 => case[at] ^= 1 << rng.u8(..8),
        1 => case[at] = rng.u8(..),
        2 | 3 => write_number(case, at, rng),
        4 => case[at] = case[at].wrapping_add(rng.u8(..3)).wrapping_sub(1),
        5 => {
            let end = at + length(case.len() - at, rng);
            case.drain(at..end);
        }
        6 => case.truncate(at),
        7 => {
            let copied = case[at..at + length(case.len() - at, rng)].to_vec();
            let to = rng.usize(..=case.len());
            case.splice(to..to, copied);
        }
        8 => {
            let inserted: Vec<u8> = (0..rng.usize(1..16)).map(|_| rng.u8(..)).collect();
            case.splice(at..at, inserted);
        }
        _ => {
            let Some(other) = piece(others, rng) else { return };
            let end = at + length(case.len() - at, rng);
            case.splice(at..end, other);
        }
    }
}

/// Overwrites one, two, four or eight bytes by an edge, in either order of bytes.
fn write_number(case: &mut [u8], at: usize, rng: &mut Rng) {
    let edge = EDGES[rng.usize(..EDGES.len())];
    let width = (1 << rng.usize(..4)).min(case.len() - at);
    let (little, big) = (edge.to_le_bytes(), edge.to_be_bytes());
    let bytes = if rng.bool() { &little[..width] } else { &big[8 - width..] };
    case[at..at + width].copy_from_slice(bytes);
}

/// A length up to `most`, short ones more often.
fn length(most: usize, rng: &mut Rng) -> usize {
    let limit = 1 << rng.usize(..=most.ilog2() as usize);
    rng.usize(1..=limit.min(most))
}

/// A piece of another file.
fn piece(others: &[Vec<u8>], rng: &mut Rng) -> Option<Vec<u8>> {
    let other = others.get(rng.usize(..others.len().max(1)))?;
    let at = rng.usize(..other.len().max(1));
    (!other.is_empty()).then(|| other[at..at + length(other.len() - at, rng)].to_vec())
}

fn change_words(case: &mut Vec<u8>, others: &[Vec<u8>], rng: &mut Rng) {
    let Some([start, end]) = word(case, rng) else {
        case.extend_from_slice(WORDS[rng.usize(..WORDS.len())].as_bytes());
        return;
    };
    match rng.u8(..10) {
        0..=3 => drop(case.splice(start..end, WORDS[rng.usize(..WORDS.len())].bytes())),
        4 => drop(case.drain(start..end)),
        5 => {
            // Often enough that what recurses without a limit overflows the stack.
            let times = 1 << rng.usize(..16);
            let repeated = case[start..end].repeat(times.min(MAX_BYTES / (end - start)));
            case.splice(start..end, repeated);
        }
        6 => {
            let Some([from, to]) = word(case, rng) else { return };
            let copied = case[from..to].to_vec();
            case.splice(start..end, copied);
        }
        7 => {
            let line = line(case, start);
            let copied = case[line[0]..line[1]].to_vec();
            if rng.bool() { drop(case.drain(line[0]..line[1])) } else { drop(case.splice(line[0]..line[0], copied)) }
        }
        _ => {
            let Some(other) = others.get(rng.usize(..others.len().max(1))) else { return };
            let Some([from, to]) = word(other, rng) else { return };
            let [from, to] = if rng.bool() { line(other, from) } else { [from, to] };
            let at = if rng.bool() { line(case, start) } else { [start, end] };
            case.splice(at[0]..at[1], other[from..to].iter().copied());
        }
    }
}

/// The place of a word, of a number or of a single other byte.
fn word(text: &[u8], rng: &mut Rng) -> Option<[usize; 2]> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-');
    let at = rng.usize(..text.len().max(1));
    if !is_word(text.get(at)?) {
        return Some([at, at + 1]);
    }
    let start = text[..at].iter().rposition(|byte| !is_word(byte)).map_or(0, |before| before + 1);
    let end = text[at..].iter().position(|byte| !is_word(byte)).map_or(text.len(), |after| at + after);
    Some([start, end])
}

/// Where the line around a byte begins, and where it ends, behind its line break.
fn line(text: &[u8], at: usize) -> [usize; 2] {
    let start = text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |before| before + 1);
    let end = text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |after| at + after + 1);
    [start, end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_whole_and_a_line_has_its_end() {
        let text = b"train.batch = -64\nseed = 1";
        for seed in 0..100 {
            let [start, end] = word(text, &mut Rng::with_seed(seed)).unwrap();
            let found = std::str::from_utf8(&text[start..end]).unwrap();
            assert!(["train.batch", "-64", "seed", "1", " ", "=", "\n"].contains(&found), "{found:?}");
        }
        assert_eq!((line(text, 3), line(text, 17), line(text, 20)), ([0, 18], [0, 18], [18, 26]));
        assert_eq!(word(b"", &mut Rng::with_seed(0)), None);
    }

    #[test]
    fn the_same_seed_makes_the_same_case_and_cases_differ() {
        let made = |seed, text| {
            let mut case = b"[data]\nsize = 32\n".repeat(3);
            mutate(&mut case, &[b"[model]\nwidth = 8\n".to_vec()], text, &mut Rng::with_seed(seed));
            case
        };
        for text in [false, true] {
            let cases: std::collections::BTreeSet<_> = (0..1000).map(|seed| made(seed, text)).collect();
            assert!(cases.len() > 700, "{}", cases.len());
            assert!((0..1000).all(|seed| made(seed, text) == made(seed, text)));
        }
    }

    #[test]
    fn nothing_is_too_small_to_be_changed() {
        for seed in 0..1000 {
            for text in [false, true] {
                mutate(&mut Vec::new(), &[Vec::new()], text, &mut Rng::with_seed(seed));
                mutate(&mut vec![7], &[], text, &mut Rng::with_seed(seed));
            }
        }
    }
}
