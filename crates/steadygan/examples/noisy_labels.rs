//! Noisy labels: about fifty of a thousand reals are labelled as fake, and about fifty of a thousand fakes as real;
//! alone, and with soft labels.

use steadygan::labels::{LabelRange, flip, hard, smooth};
use steadygan::rng;

fn main() {
    for (name, is_real) in [("reals", true), ("fakes", false)] {
        let mut labelled_real = vec![is_real; 1000];
        flip(&mut labelled_real, 0.05, &mut rng::stream(0, &format!("flips/{name}"), 0));
        let flipped = labelled_real.iter().filter(|&&now| now != is_real).count();
        let mean = hard(&labelled_real).iter().sum::<f32>() / 1000.0;
        println!("{name}: {flipped} of 1000 flipped, mean label {mean:.3}");

        // With smoothing too: the soft label comes from the range of the flipped label.
        let (real, fake) = (LabelRange { low: 0.7, high: 1.2 }, LabelRange { low: 0.0, high: 0.3 });
        let labels = smooth(&labelled_real, real, fake, &mut rng::stream(0, &format!("labels/{name}"), 0));
        let as_fakes = labels.iter().filter(|label| (0.0..=0.3).contains(*label)).count();
        let as_reals = labels.iter().filter(|label| (0.7..=1.2).contains(*label)).count();
        println!("  smoothed too: {as_reals} in [0.7, 1.2], {as_fakes} in [0, 0.3]");
    }
}
