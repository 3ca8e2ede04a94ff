//! Names of files and folders inside a source.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::path::Path;

use crate::names::printable;

/// How many names a message lists.
const MAX_LISTED: usize = 3;

/// Folders that operating systems make by themselves.
const OF_SYSTEMS: [&str; 5] = ["__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN", "System Volume Information"];

/// The path of a file or folder inside its source, with `/` between folders on every system. It is bytes, because
/// names need not be UTF-8, and because two names that differ in any byte are two. It is shown with control characters
/// and bytes that are no UTF-8 escaped, because names come from strangers' archives and go to terminals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(Vec<u8>);

impl Name {
    pub(super) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The path below `root`.
    pub(super) fn below(root: &Path, path: &Path) -> Self {
        let below = path.strip_prefix(root).unwrap_or(path);
        let parts: Vec<&[u8]> = below.iter().map(|part| part.as_encoded_bytes()).collect();
        Self(parts.join(&b'/'))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name as text; bytes that are no UTF-8 become U+FFFD, so that two names may have the same text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The name's last part.
    pub(super) fn last(&self) -> &[u8] {
        self.0.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// The folder that holds it, with a `/` at its end; empty at the top.
    pub(super) fn folder(&self) -> &[u8] {
        &self.0[..self.0.len() - self.last().len()]
    }

    /// The path down to the folder at this depth (0 is the first), if there is such a folder around the file.
    pub(super) fn down_to(&self, depth: usize) -> Option<&[u8]> {
        let slashes = self.0.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        slashes.into_iter().nth(depth).map(|end| &self.0[..end])
    }

    /// How many folders are around it.
    pub(super) fn depth(&self) -> usize {
        self.0.iter().filter(|byte| **byte == b'/').count()
    }

    /// Whether the file or folder lies in the folder of this name.
    pub(super) fn is_in(&self, folder: &Self) -> bool {
        self.0.strip_prefix(folder.bytes()).is_some_and(|rest| folder.0.is_empty() || rest.starts_with(b"/"))
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

/// Names are ordered by their text, so that the order of names that are UTF-8 is that of their bytes.
impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text().cmp(&other.text()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(&printable(chunk.valid()))?;
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\x{byte:02X}"))?;
        }
        Ok(())
    }
}

/// Whether an operating system made the folder of this name.
pub(super) fn is_of_system(folder: &[u8]) -> bool {
    OF_SYSTEMS.iter().any(|name| name.as_bytes() == folder)
}

/// The first few texts, with `between` between them, and how many more there are.
pub(super) fn listed<T: fmt::Display>(texts: impl ExactSizeIterator<Item = T>, between: &str) -> String {
    let more = texts.len().saturating_sub(MAX_LISTED);
    let named: Vec<String> = texts.take(MAX_LISTED).map(|text| text.to_string()).collect();
    if more > 0 { format!("{}{between}and {more} more", named.join(between)) } else { named.join(between) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_utf_8_differ_and_are_escaped() {
        let [acute, grave] =
            [b"caf\xe9/\x1b]0;x\x07\n.png", b"caf\xe8/\x1b]0;x\x07\n.png"].map(|bytes| Name::new(*bytes));
        assert_eq!(acute.to_string(), "caf\\xE9/\\u{1b}]0;x\\u{7}\\n.png");
        assert_eq!(grave.text(), acute.text());
        assert!(grave < acute && grave != acute);
        assert_eq!(Name::from("é犬".to_owned()).to_string(), "é犬");
    }

    #[test]
    fn parts_of_a_name() {
        let name = Name::new(*b"a/b/c.png");
        assert_eq!((name.last(), name.folder(), name.depth()), (&b"c.png"[..], &b"a/b/"[..], 2));
        assert_eq!([0, 1, 2].map(|depth| name.down_to(depth)), [Some(&b"a"[..]), Some(&b"a/b"[..]), None]);
        assert!(["", "a", "a/b"].iter().all(|folder| name.is_in(&Name::new(*folder))));
        assert!(!["a/", "ab", "a/b/c", "b"].iter().any(|folder| name.is_in(&Name::new(*folder))));
        let top = Name::new(*b"c.png");
        assert_eq!((top.folder(), top.depth(), top.down_to(0)), (&b""[..], 0, None));
    }

    #[test]
    fn a_long_list_is_cut() {
        assert_eq!(listed([1, 2, 3].into_iter(), ", "), "1, 2, 3");
        assert_eq!(listed([1, 2, 3, 4].into_iter(), "; "), "1; 2; 3; and 1 more");
    }
}
