//! Latents from N(0, I) and from a cube: sample statistics, and the norm of the point half-way between two latents.

use burn::prelude::*;
use steadygan::latent::{LatentDistribution, slerp};
use steadygan::rng;

fn main() {
    let norm = |z: &[f32]| z.iter().map(|x| x * x).sum::<f32>().sqrt();
    for (name, distribution) in [
        ("gaussian-latent: N(0, I)", LatentDistribution::Gaussian),
        ("without it: U[−1, 1]", LatentDistribution::Uniform),
    ] {
        let latents = distribution.sample(500, 100, &mut rng::stream(0, "latent", 0));
        let mean_norm = latents.chunks(100).map(norm).sum::<f32>() / 500.0;
        let (a, b) = latents[..200].split_at(100);
        let straight: Vec<f32> = a.iter().zip(b).map(|(a, b)| (a + b) / 2.0).collect();
        let (half_way, straight) = (norm(&slerp(a, b, 0.5)), norm(&straight));
        let (variance, mean) = Tensor::<1>::from_floats(latents.as_slice(), &Device::flex()).var_mean_bias(0);
        let (mean, variance): (f32, f32) = (mean.into_scalar(), variance.into_scalar());
        println!("{name}");
        println!("  500 × 100 draws: mean {mean:.3}, deviation {:.3}, mean norm {mean_norm:.2}", variance.sqrt());
        println!(
            "  half-way from the first to the second: norm {half_way:.2} on a great circle, {straight:.2} on a line"
        );
    }
}
