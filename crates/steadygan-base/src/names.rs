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

/// Names of the field for what has another name here, because that is the name of its paper or says what it does. A
/// metric is listed under the name of the one that is nearest to it: ours use other features.
pub const ALSO_KNOWN_AS: [(&str, &str); 32] = [
    ("fid", "frechet-distance"),
    ("fd", "frechet-distance"),
    ("frechet", "frechet-distance"),
    ("kid", "kernel-distance"),
    ("kd", "kernel-distance"),
    ("mmd", "kernel-distance"),
    ("swd", "sliced-wasserstein"),
    ("prdc", "precision"),
    ("ssim", "ms-ssim"),
    ("lsgan", "least-squares"),
    ("mse", "least-squares"),
    ("wgan", "wasserstein"),
    ("wgan-gp", "gradient-penalty"),
    ("gp", "gradient-penalty"),
    ("sn", "spectral-norm"),
    ("sngan", "spectral-norm"),
    ("bn", "batch-norm"),
    ("vbn", "virtual-batch-norm"),
    ("ln", "layer-norm"),
    ("in", "instance-norm"),
    ("rgan", "relativistic-pairing"),
    ("rpgan", "relativistic-pairing"),
    ("ragan", "relativistic-average"),
    ("sagan", "self-attention"),
    ("attention", "self-attention"),
    ("pacgan", "pac"),
    ("cgan", "class-conditioning"),
    ("conditional", "class-conditioning"),
    ("ada", "adaptive-augmentation"),
    ("diffaugment", "augmentation"),
    ("experience-replay", "replay"),
    ("inception", "efficientnet-lite0"),
];

/// The known name most similar to `name`, or what the field calls by that name; ties go to the first.
pub fn nearest<N: AsRef<str>>(known: impl Iterator<Item = N>, name: &str) -> Option<N> {
    let without_section = |name: &'_ str| name.strip_prefix("heuristics.").unwrap_or(name).to_ascii_lowercase();
    let plain = without_section(name).replace('_', "-");
    // A setting is named after its heuristic: `lsgan.a`.
    let (first, rest) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let meant = ALSO_KNOWN_AS.iter().find(|(alias, _)| *alias == first).map(|(_, meant)| format!("{meant}{rest}"));
    let is_meant = |known: &str| {
        // A study says `frechet` for the distance of that name.
        let after = meant.as_deref().and_then(|meant| meant.strip_prefix(known));
        after.is_some_and(|after| after.is_empty() || after == "-distance")
    };
    let match_of = |known: &str| if is_meant(&without_section(known)) { f64::INFINITY } else { likeness(known, name) };
    known.map(|known| (match_of(known.as_ref()), known)).reduce(|a, b| if b.0 > a.0 { b } else { a }).map(|best| best.1)
}

/// The likeliest of the words that serde says it expected, by its message about another word (`unknown variant`).
pub fn nearest_expected(message: &str) -> Option<&str> {
    let (unknown, expected) = message.strip_prefix("unknown variant `")?.split_once("`, expected ")?;
    nearest(expected.split('`').skip(1).step_by(2), unknown)
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
    fn a_name_of_the_field_leads_to_ours() {
        let nearest_to = |name| nearest(["overfit-gap", "kernel-distance", "frechet-distance"].into_iter(), name);
        assert_eq!(nearest_to("fid"), Some("frechet-distance"));
        assert_eq!(nearest_to("KID"), Some("kernel-distance"));
        assert_eq!(
            nearest(["train.lr", "heuristics.hinge", "heuristics.least-squares"].into_iter(), "heuristics.LSGAN"),
            Some("heuristics.least-squares")
        );
    }

    #[test]
    fn a_setting_and_a_word_are_known_by_the_names_of_the_field() {
        let keys = ["heuristics.hinge", "heuristics.least-squares.a", "heuristics.adaptive-augmentation.span"];
        assert_eq!(nearest(keys.into_iter(), "lsgan.a"), Some(keys[1]));
        assert_eq!(nearest(["kernel", "frechet", "energy"].into_iter(), "fid"), Some("frechet"));
        let message = "unknown variant `kid`, expected `frechet-distance` or `kernel-distance`\n";
        assert_eq!(nearest_expected(message), Some("kernel-distance"));
        assert_eq!(nearest_expected("unknown variant `x`, expected `adam`"), Some("adam"));
        assert_eq!(nearest_expected("invalid type: integer"), None);
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
