//! One channel alone.

use burn::Tensor;
use burn::tensor::TensorData;

/// Shows one channel alone of each of the images `[n, c, h, w]` for which one is chosen: `black` stands in the others.
/// Its gradient goes to the channel that is shown. Images are given back as they are if none is chosen, or if there is
/// only one channel.
///
/// A discriminator that is small may look at a mix of the channels only, such as their sum, and then the generator need
/// not make each of them look like a real one. Shown alone, each is seen. Classifiers are trained with a similar
/// augmentation, *channel dropout*; its use here is our own.
///
/// # Panics
///
/// If there are not as many choices as images, or a choice is not a channel.
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
