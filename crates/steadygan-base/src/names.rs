//! Suggestions for mistyped names, and names as they are shown.

/// A name with its control characters escaped, because names come from strangers' files and go to terminals.
pub fn printable(name: &str) -> String {
    name.chars().fold(String::new(), |mut shown, c| {
        match c.is_control() {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
        shown
    })
}

/// The known name most similar to `name`; ties go to the first.
pub fn nearest<N: AsRef<str>>(known: impl Iterator<Item = N>, name: &str) -> Option<N> {
    known
        .map(|known| (likeness(known.as_ref(), name), known))
        .reduce(|a, b| if b.0 > a.0 { b } else { a })
        .map(|best| best.1)
}

/// The similarity of two names, from 0 to 1. A `name` without its section still matches well.
fn likeness(known: &str, name: &str) -> f64 {
    let last = known.rsplit('.').next().unwrap_or(known);
    strsim::jaro_winkler(known, name).max(strsim::jaro_winkler(last, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_command_a_terminal() {
        assert_eq!(printable("a\u{1b}[31m\nü\u{9b}"), "a\\u{1b}[31m\\nü\\u{9b}");
    }

    #[test]
    fn the_nearest_is_the_first_of_equals_and_may_miss_its_section() {
        let nearest_to = |name| nearest(["train.batch", "a.lr", "b.lr", "data.size"].into_iter(), name);
        assert_eq!(nearest_to("train.btach"), Some("train.batch"));
        assert_eq!(nearest_to("siez"), Some("data.size"));
        assert_eq!(nearest_to("lr"), Some("a.lr"));
        assert_eq!(nearest(std::iter::empty::<&str>(), "lr"), None);
    }
}
