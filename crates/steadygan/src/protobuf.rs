//! The part of the Protocol Buffers encoding that writing ONNX models and TensorBoard's events needs.
//!
//! Writing needs only four wire types and no schema, so this one file is less to build than a crate with a derive
//! macro. Source: <https://protobuf.dev/programming-guides/encoding>.

/// The wire type of integers.
const VARINT: u64 = 0;
/// The wire type of 64-bit floats.
const FIXED_64: u64 = 1;
/// The wire type of texts, bytes and messages.
const LENGTH_DELIMITED: u64 = 2;
/// The wire type of 32-bit floats.
const FIXED_32: u64 = 5;

/// The bytes of a message. Fields may be added in any order; adding a field again makes it a repeated field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Seven bits a byte, the lowest first; the eighth bit is set if more bytes follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, field: u64, wire_type: u64) {
        self.varint(field << 3 | wire_type);
    }

    pub(crate) fn integer(mut self, field: u64, value: u64) -> Self {
        self.key(field, VARINT);
        self.varint(value);
        self
    }

    pub(crate) fn float(mut self, field: u64, value: f32) -> Self {
        self.key(field, FIXED_32);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn double(mut self, field: u64, value: f64) -> Self {
        self.key(field, FIXED_64);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.key(field, LENGTH_DELIMITED);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    pub(crate) fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    pub(crate) fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }

    pub(crate) fn integers(self, field: u64, values: impl IntoIterator<Item = usize>) -> Self {
        values.into_iter().fold(self, |message, value| message.integer(field, value as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::Message;

    /// The examples of the encoding's documentation.
    #[test]
    fn the_bytes_are_those_of_the_documentation() {
        let inner = Message::default().integer(1, 150);
        assert_eq!(inner.clone().into_bytes(), [0x08, 0x96, 0x01]);
        let text = Message::default().text(2, "testing");
        assert_eq!(text.into_bytes(), [&[0x12, 0x07][..], b"testing"].concat());
        assert_eq!(Message::default().message(3, &inner).into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
    }

    #[test]
    fn large_numbers_floats_and_repetitions() {
        let largest = Message::default().integer(1, u64::MAX).into_bytes();
        assert_eq!(largest, [&[0x08][..], &[0xff; 9], &[0x01]].concat());
        // Field 16 is the first whose key takes two bytes.
        assert_eq!(Message::default().integer(16, 127).into_bytes(), [0x80, 0x01, 0x7f]);
        assert_eq!(Message::default().float(2, 1.0).into_bytes(), [0x15, 0, 0, 0x80, 0x3f]);
        assert_eq!(Message::default().double(1, 1.0).into_bytes(), [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        assert_eq!(Message::default().integers(8, [1, 2]).into_bytes(), [0x40, 1, 0x40, 2]);
    }
}
