//! The numeric types of NumPy's arrays.

use half::f16;

/// A numeric type of NumPy, by which the bytes of a value become a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) kind: NumberKind,
    pub(super) little_endian: bool,
    /// Bytes of a value: 1, 2, 4 or 8.
    pub(super) width: usize,
}

/// What values of a [`Number`] are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberKind {
    Bool,
    Signed,
    Unsigned,
    Float,
}

impl Number {
    /// The type that has this name in a `.npy` header, such as `<f4`; `None` for text, objects, dates, complex numbers
    /// and floats of more than 64 bits.
    pub(super) fn named(descr: &str) -> Option<Self> {
        let mut letters = descr.trim_start_matches(['|', '<', '>', '=']).chars();
        let kind = match letters.next()? {
            'b' => NumberKind::Bool,
            'i' => NumberKind::Signed,
            'u' => NumberKind::Unsigned,
            'f' => NumberKind::Float,
            _ => return None,
        };
        let width = letters.as_str().parse().ok()?;
        let exists = match kind {
            NumberKind::Bool => width == 1,
            NumberKind::Signed | NumberKind::Unsigned => matches!(width, 1 | 2 | 4 | 8),
            NumberKind::Float => matches!(width, 2 | 4 | 8),
        };
        exists.then_some(Self { kind, little_endian: !descr.starts_with('>'), width })
    }

    /// Whether values are whole numbers by their type.
    pub(super) fn is_integer(self) -> bool {
        matches!(self.kind, NumberKind::Signed | NumberKind::Unsigned)
    }

    /// The value that these bytes hold, rounded to a double.
    ///
    /// # Panics
    /// If there are not [`width`](Self::width) bytes.
    pub(super) fn value(self, bytes: &[u8]) -> f64 {
        let mut wide = [0; 8];
        let low_first = &mut wide[..self.width];
        low_first.copy_from_slice(bytes);
        if !self.little_endian {
            low_first.reverse();
        }
        let bits = u64::from_le_bytes(wide);
        let unused = 64 - 8 * self.width as u32;
        match (self.kind, self.width) {
            (NumberKind::Float, 2) => f16::from_bits(bits as u16).to_f64(),
            (NumberKind::Float, 4) => f32::from_bits(bits as u32).into(),
            (NumberKind::Float, _) => f64::from_bits(bits),
            (NumberKind::Signed, _) => (((bits << unused) as i64) >> unused) as f64,
            (NumberKind::Unsigned | NumberKind::Bool, _) => bits as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_type_are_read() {
        let value = |descr: &str, bytes: &[u8]| Number::named(descr).unwrap().value(bytes);
        assert_eq!(value("|b1", &[1]), 1.0);
        assert_eq!((value("|i1", &[0xFF]), value("|u1", &[0xFF])), (-1.0, 255.0));
        assert_eq!((value("<i2", &[0, 0x80]), value(">i2", &[0x80, 0])), (-32_768.0, -32_768.0));
        assert_eq!((value("<u8", &[0xFF; 8]), value("<i8", &[0xFF; 8])), (u64::MAX as f64, -1.0));
        assert_eq!((value("<f2", &[0, 0x3C]), value(">f2", &[0xC0, 0])), (1.0, -2.0));
        assert_eq!(value(">f4", &0.5_f32.to_be_bytes()), 0.5);
        assert_eq!(value("<f8", &(-1e300_f64).to_le_bytes()), -1e300);
        for descr in ["<U5", "|S3", "|O", "<c8", "<f16", "<M8[ns]", "u3", "b8", "", "<"] {
            assert_eq!(Number::named(descr), None, "{descr}");
        }
    }
}
