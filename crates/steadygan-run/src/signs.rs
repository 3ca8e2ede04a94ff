//! The values of a line of `stats.jsonl` that are not means: measurements of networks and images at that moment.

use serde::{Deserialize, Serialize};

use crate::stats::{Stats, null_is_nan};

/// Declares the signs: each is a number, which is NaN if it was not or cannot be measured.
macro_rules! signs {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Measurements of networks and images at the moment of a line of stats.
        ///
        /// JSON has no NaN: a number that is not finite is written as `null`, and one that is missing is read as NaN.
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Signs {
            $($(#[$doc])* #[serde(deserialize_with = "null_is_nan")] pub $name: f64,)*
        }

        impl Default for Signs {
            /// Nothing measured: all NaN.
            fn default() -> Self {
                Self { $($name: f64::NAN,)* }
            }
        }

        impl Signs {
            /// The names, in the order of the fields.
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];

            /// The signs, each changed by `change`.
            #[must_use]
            pub fn map(self, change: impl Fn(f64) -> f64) -> Self {
                Self { $($name: change(self.$name),)* }
            }
        }
    };
}

signs! {
    /// The least value of reals, as networks see them.
    real_low,
    /// The greatest value of reals, as networks see them.
    real_high,
    /// The least value of the same reals as bytes, from 0 to 255.
    level_low,
    /// The greatest value of the same reals as bytes.
    level_high,
    /// The least value of fakes, as networks see them.
    fake_low,
    /// The greatest value of fakes, as networks see them.
    fake_high,
    /// The share of the reals' values at an end of the generator's range.
    saturated_real,
    /// The share of the fakes' values at an end of the generator's range.
    saturated_fake,
    /// The share of the fakes whose pixels all have the same value.
    constant,
    /// The `diversity` of fakes from the trained generator itself. It differs from `diversity` if sheets are made by an
    /// average of the generator's weights.
    diversity_now,
    /// The energy distance between fakes and reals, divided by the reals' mean distance from each other: about 0 if
    /// fakes and reals are alike.
    distance,
    /// The mean squared difference of neighbouring pixels of reals, divided by their variance: 2 for noise.
    rough_real,
    /// The same ratio for fakes.
    rough_fake,
    /// The share of the reals' variance within images that alternates from pixel to pixel, in rows and in columns.
    alternating_real,
    /// The same share for fakes.
    alternating_fake,
    /// The discriminator's mean logit on training images.
    logit_train,
    /// The discriminator's mean logit on held-out images.
    logit_holdout,
    /// The discriminator's mean logit on the fakes of fixed latents.
    logit_fixed,
    /// The standard deviation of the discriminator's logits within each of these kinds of images: the root of the mean
    /// variance over the kinds.
    logit_spread,
    /// How far the generator's last step raised the logits of the fakes of fixed latents, divided by `logit_spread`.
    push,
    /// How far the discriminator's last step increased the gap between the logits of reals and of fakes, divided by
    /// `logit_spread`.
    pull,
    /// The mean distance of fakes from their nearest training image, divided by the same distance of held-out images:
    /// far below 1 if the fakes are copies. Measured only if there are few training images.
    nearest,
    /// The norm of the discriminator's last step divided by the norm of its weights.
    update_d,
    /// The norm of the generator's last step divided by the norm of its weights.
    update_g,
    /// The share of units that do not vary, in the discriminator's layer that has most of them.
    dead_d,
    /// The share of units that do not vary, in the generator's layer that has most of them.
    dead_g,
    /// How far the discriminator is from an affine map, measured by the logits half-way between images. At most as far
    /// as its activations are, so 0 if all activations act linearly.
    bend_d,
    /// How far the generator is from an affine map, before its last activation.
    bend_g,
}

/// A line of `stats.jsonl`: the means over an interval, and the signs at its end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StatsLine {
    /// The means.
    #[serde(flatten)]
    pub stats: Stats,
    /// The signs; all NaN in a run of an earlier version.
    #[serde(flatten)]
    pub signs: Signs,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::stats_at;

    #[test]
    fn a_line_is_flat_and_survives_the_file() {
        let signs = Signs { push: 0.5, level_low: 0.0, ..Signs::default() };
        let text = serde_json::to_string(&StatsLine { stats: stats_at(64), signs }).expect("json");
        assert!(text.contains(r#""images":64,"#) && text.contains(r#""push":0.5,"#), "{text}");
        assert!(text.contains(r#""bend_g":null"#), "{text}");
        let read: StatsLine = serde_json::from_str(&text).expect("a line");
        assert_eq!((read.stats, read.signs.push, read.signs.level_low), (stats_at(64), 0.5, 0.0));
        assert!(read.signs.bend_g.is_nan());
        assert_eq!(serde_json::from_str::<Stats>(&text).expect("stats"), stats_at(64));
    }

    #[test]
    fn a_line_of_an_earlier_version_has_no_signs() {
        let text = serde_json::to_string(&stats_at(64)).expect("json");
        let read: StatsLine = serde_json::from_str(&text).expect("a line");
        assert!(read.signs.push.is_nan() && read.signs.real_low.is_nan());
        assert_eq!(Signs::NAMES.len(), 28);
    }
}
