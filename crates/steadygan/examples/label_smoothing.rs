//! Soft labels for a thousand reals and a thousand fakes, in both usual forms, and hard labels.

use steadygan::labels::{LabelRange, hard, smooth};
use steadygan::rng;

fn main() {
    let (reals, fakes) = (vec![true; 1000], vec![false; 1000]);
    let show = |form: &str, kind: &str, labels: Vec<f32>| {
        let (low, high) = labels.iter().fold((f32::MAX, f32::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        let mean = labels.iter().sum::<f32>() / labels.len() as f32;
        println!("{form:<9} {kind}: {} labels from {low:.3} to {high:.3}, mean {mean:.3}", labels.len());
    };
    for (form, real, fake) in [
        ("random", LabelRange { low: 0.7, high: 1.2 }, LabelRange { low: 0.0, high: 0.3 }),
        ("one-sided", LabelRange { low: 0.9, high: 0.9 }, LabelRange { low: 0.0, high: 0.0 }),
    ] {
        let mut stream = rng::stream(0, "labels", 0);
        show(form, "reals", smooth(&reals, real, fake, &mut stream));
        show(form, "fakes", smooth(&fakes, real, fake, &mut stream));
    }
    show("hard", "reals", hard(&reals));
    show("hard", "fakes", hard(&fakes));
}
