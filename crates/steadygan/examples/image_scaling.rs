//! Scaling pixels to [−1, 1] and to [0, 1], and back.

use steadygan::pixels::PixelRange;

fn main() {
    println!("pixel  [−1, 1]   [0, 1]");
    for pixel in [0, 1, 127, 128, 254, 255] {
        println!("{pixel:>5}  {:+.4}  {:.4}", PixelRange::Symmetric.scale(pixel), PixelRange::Unit.scale(pixel));
    }
    for range in [PixelRange::Symmetric, PixelRange::Unit] {
        let back = (0..=255).filter(|&pixel| range.unscale(range.scale(pixel)) == pixel).count();
        let beyond = [-3.0, 3.0].map(|value| range.unscale(value));
        println!("{range:?}: {back} of 256 pixels come back as they were; −3 and 3 become {beyond:?}");
    }
}
