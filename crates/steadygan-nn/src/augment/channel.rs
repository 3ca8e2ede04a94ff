//! Shows one channel of an image and hides the others.

use burn::Tensor;
use burn::tensor::TensorData;

/// For each of the images `[n, c, h, w]` for which a channel is chosen, fills the other channels with the value
/// `black`. The gradient flows to the chosen channel only. An image without a choice stays unchanged, and so do all
/// images if there is only one channel.
///
/// A small discriminator may look only at a mixture of the channels, such as their sum. Then the generator need not
/// make each channel look real. Showing one channel alone makes the discriminator look at each of them. A similar
/// augmentation for classifiers is *channel dropout*; its use in GANs is our own.
///
/// # Panics
///
/// If there are not as many choices as images, or a choice is not the number of a channel.
pub fn one_channel(images: Tensor<4>, chosen: &[Option<usize>], black: f32) -> Tensor<4> {
    let [count, channels, _, _] = images.dims();
    assert_eq!(chosen.len(), count, "a choice for each image");
    assert!(chosen.iter().flatten().all(|&channel| channel < channels), "{chosen:?} of {channels} channels");
    if channels == 1 || chosen.iter().all(Option::is_none) {
        return images;
    }
    let is_hidden = |image: usize, channel: usize| chosen[image].is_some_and(|shown| shown != channel);
    let hidden: Vec<bool> =
        (0..count).flat_map(|image| (0..channels).map(move |channel| is_hidden(image, channel))).collect();
    let of_planes =
        |values: Vec<f32>| Tensor::<4>::from_data(TensorData::new(values, [count, channels, 1, 1]), &images.device());
    let shown = of_planes(hidden.iter().map(|&hidden| f32::from(!hidden)).collect());
    let blacks = of_planes(hidden.iter().map(|&hidden| if hidden { black } else { 0.0 }).collect());
    images * shown + blacks
}
