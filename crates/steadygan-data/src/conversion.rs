//! Advice on arrays of another type than `uint8`: looks at the values, and names the conversion that is right for them.

use std::io::Read;

use super::number::{Number, NumberKind};

/// Values are read in pieces of this many bytes, a multiple of every type's width.
const PIECE_BYTES: u64 = 1 << 16;

/// The whitest levels of 10, 12, 14 and 16 bits.
const WHITES: [f64; 4] = [1_023.0, 4_095.0, 16_383.0, 65_535.0];

/// The values of an array, from the lowest to the highest.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    low: f64,
    high: f64,
    finite: bool,
}

/// What the values of an array of images are, as part of a sentence (" from 0 to 1"), and how they become `uint8`: a
/// hint. Reads the values behind the header.
pub(super) fn advice(descr: &str, values: &mut dyn Read) -> (String, String) {
    let number = Number::named(descr);
    match number.and_then(|number| Some((number, Range::of(number, values)?))) {
        Some((number, range)) => (range.shown(number), range.conversion(number)),
        None => (String::new(), without_numbers(descr).to_owned()),
    }
}

fn without_numbers(descr: &str) -> &'static str {
    match descr.trim_start_matches(['|', '<', '>', '=']).chars().next() {
        Some('O') => "save plain numbers: np.array(x.tolist()) makes one array of equally large images",
        _ => "give levels from 0 to 255 as np.uint8",
    }
}

impl Range {
    /// The range of the values; `None` if there are none or they cannot be read.
    fn of(number: Number, values: &mut dyn Read) -> Option<Self> {
        let (mut piece, mut range) = (Vec::new(), None);
        loop {
            piece.clear();
            values.take(PIECE_BYTES).read_to_end(&mut piece).ok()?;
            if piece.is_empty() {
                return range;
            }
            for value in piece.chunks_exact(number.width).map(|bytes| number.value(bytes)) {
                let Self { low, high, finite } = range.unwrap_or(Self { low: value, high: value, finite: true });
                range = Some(Self { low: low.min(value), high: high.max(value), finite: finite && value.is_finite() });
            }
        }
    }

    fn shown(self, number: Number) -> String {
        match (number.kind, self.finite) {
            (NumberKind::Bool, _) => String::new(),
            (_, false) => ", some of them not finite".to_owned(),
            (_, true) => format!(" from {} to {}", short(self.low), short(self.high)),
        }
    }

    /// How such values become `uint8`. No conversion here wraps around for values of the range.
    fn conversion(self, number: Number) -> String {
        let Self { low, high, finite } = self;
        let is_float = number.kind == NumberKind::Float;
        let within = |least: f64, greatest: f64| least <= low && high <= greatest;
        if !finite {
            return "first replace the values that are not finite: x[~np.isfinite(x)]".to_owned();
        }
        if number.kind == NumberKind::Bool || !is_float && within(0.0, 1.0) {
            return "black and white become bytes by np.where(x, 255, 0).astype(np.uint8)".to_owned();
        }
        if within(0.0, 1.0) {
            return "images in [0, 1] become bytes by (255 * x).round().astype(np.uint8)".to_owned();
        }
        // Values a little below 0 are more likely overshoot of images in [0, 1].
        if is_float && within(-1.0, 1.0) && low <= -0.5 {
            return "images in [-1, 1] become bytes by (127.5 * (x + 1)).round().astype(np.uint8)".to_owned();
        }
        if within(0.0, 255.0) {
            let round = if is_float { ".round()" } else { "" };
            return format!("levels from 0 to 255 become bytes by x{round}.astype(np.uint8)");
        }
        if let Some(white) = WHITES.into_iter().find(|white| within(0.0, *white)) {
            return format!(
                "levels from 0 to {white} become bytes by (x * (255 / {white})).round().astype(np.uint8); \
                 put another number for {white} if that is not white"
            );
        }
        let span = high - low;
        if span == 0.0 || !span.is_finite() {
            return "give levels from 0 to 255 as np.uint8".to_owned();
        }
        format!(
            "if {} is black and {} white, values become bytes by \
             ((x.astype(float) - x.min()) * (255 / (float(x.max()) - x.min()))).round().astype(np.uint8)",
            short(low),
            short(high)
        )
    }
}

/// A number in at most four significant digits, unless it is whole.
fn short(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value}");
    }
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    if (1e-3..1e15).contains(&rounded.abs()) { format!("{rounded}") } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of an array of these values.
    fn said<const WIDTH: usize>(descr: &str, values: &[[u8; WIDTH]]) -> (String, String) {
        advice(descr, &mut values.concat().as_slice())
    }

    fn floats(values: &[f32]) -> (String, String) {
        said("<f4", &values.iter().map(|value| value.to_le_bytes()).collect::<Vec<_>>())
    }

    #[test]
    fn floats_are_converted_by_their_range() {
        let hint = |values: &[f32]| floats(values).1;
        let unit = "images in [0, 1] become bytes by (255 * x).round().astype(np.uint8)";
        assert_eq!(floats(&[0.0, 0.25, 1.0]), (" from 0 to 1".to_owned(), unit.to_owned()));
        assert_eq!(
            floats(&[-0.987_66, 0.5]),
            (
                " from -0.9877 to 0.5".to_owned(),
                "images in [-1, 1] become bytes by (127.5 * (x + 1)).round().astype(np.uint8)".to_owned()
            )
        );
        assert_eq!(hint(&[0.0, 254.7]), "levels from 0 to 255 become bytes by x.round().astype(np.uint8)");
        assert!(hint(&[0.0, 60_000.0]).starts_with("levels from 0 to 65535 become bytes by (x * (255 / 65535))"));
        let spread = "if -0.02 is black and 1.03 white, values become bytes by ((x.astype(float) - x.min()) ";
        assert!(hint(&[-0.02, 1.03]).starts_with(spread), "{}", hint(&[-0.02, 1.03]));
        assert!(hint(&[-1e30, 2.0]).starts_with("if -1e30 is black and 2 white"), "{}", hint(&[-1e30, 2.0]));
        assert_eq!(hint(&[-3.0]), "give levels from 0 to 255 as np.uint8");
        let (what, hint) = floats(&[0.0, f32::NAN]);
        assert_eq!(what, ", some of them not finite");
        assert!(hint.starts_with("first replace the values"), "{hint}");
    }

    #[test]
    fn whole_numbers_never_wrap_around() {
        let hint = |values: &[u16]| said(">u2", &values.iter().map(|v| v.to_be_bytes()).collect::<Vec<_>>()).1;
        assert_eq!(hint(&[0, 200]), "levels from 0 to 255 become bytes by x.astype(np.uint8)");
        assert!(hint(&[0, 256]).starts_with("levels from 0 to 1023 become bytes by (x * (255 / 1023)).round()"));
        assert!(hint(&[7, 4_095]).starts_with("levels from 0 to 4095 "));
        assert!(hint(&[0, 65_535]).starts_with("levels from 0 to 65535 "));
        let masks = "black and white become bytes by np.where(x, 255, 0).astype(np.uint8)";
        assert_eq!((hint(&[0, 1]).as_str(), said("|b1", &[[1], [0]]).1.as_str()), (masks, masks));
        assert!(said("|i1", &[[0x80], [0x7F]]).1.starts_with("if -128 is black and 127 white"));
    }

    #[test]
    fn what_is_no_number_has_its_own_advice() {
        assert_eq!(
            said("|O", &[[0; 4]]).1,
            "save plain numbers: np.array(x.tolist()) makes one array of equally large images"
        );
        for descr in ["<U3", "<c8", "<f4"] {
            let none: [[u8; 8]; 0] = [];
            assert_eq!(said(descr, &none).1, "give levels from 0 to 255 as np.uint8");
        }
    }
}
