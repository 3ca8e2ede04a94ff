//! Reads the operands of instructions: the bytes, numbers and texts that follow an instruction.

use super::malformed;

/// The part of a pickle that has not been read yet.
#[derive(Debug, Default)]
pub(super) struct Operands<'a>(pub(super) &'a [u8]);

impl<'a> Operands<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, String> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (array, rest) = malformed(self.0.split_first_chunk())?;
        self.0 = rest;
        Ok(*array)
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (bytes, rest) = malformed(self.0.split_at_checked(length))?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn text(&mut self, length: usize) -> Result<&'a str, String> {
        let text = std::str::from_utf8(self.bytes(length)?);
        malformed(text.ok())
    }

    pub(super) fn line(&mut self) -> Result<&'a str, String> {
        let length = malformed(self.0.iter().position(|byte| *byte == b'\n'))?;
        let line = self.text(length)?;
        self.byte()?;
        Ok(line)
    }

    /// Reads a length of one byte, then a little-endian number in two's complement with this many bytes (at most 8).
    pub(super) fn long(&mut self) -> Result<i64, String> {
        let length = self.byte()?;
        let bytes = self.bytes(length.into())?;
        let sign = if bytes.last().is_some_and(|last| *last >= 0x80) { 0xff } else { 0 };
        let mut all = [sign; size_of::<i64>()];
        malformed(all.get_mut(..bytes.len()))?.copy_from_slice(bytes);
        Ok(i64::from_le_bytes(all))
    }
}
