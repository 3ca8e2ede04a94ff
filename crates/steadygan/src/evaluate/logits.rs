//! The logits of a run's discriminator.

use super::subject::RunInputs;
use crate::data::Images;
use crate::nn::Pass;
use crate::train::packed;
use burn::prelude::*;

/// Images in a batch, as far as they make whole packs.
const BATCH: usize = 64;

/// The discriminator's logits on whole packs of the images, with their classes if it is conditioned on them.
pub(super) fn logits(run: &RunInputs, images: &Images) -> Vec<f64> {
    let RunInputs { model, discriminator, device, .. } = run;
    let whole = images.count() / model.pack * model.pack;
    let batch = BATCH / model.pack * model.pack;
    let classes = images.classes.as_deref().filter(|_| model.conditioning.is_some());
    let mut logits = Vec::with_capacity(whole / model.pack);
    for first in (0..whole).step_by(batch) {
        let count = batch.min(whole - first);
        let values: Vec<f32> = (first..first + count)
            .flat_map(|index| images.image(index).iter().map(|&byte| model.range.scale(byte)))
            .collect();
        let shape = [count, model.channels, model.size, model.size];
        let batch: Tensor<4> = Tensor::from_data(TensorData::new(values, shape), device);
        let classes: Vec<usize> =
            classes.iter().flat_map(|of| &of[first..first + count]).map(|&class| class as usize).collect();
        let mut pass = Pass::evaluate().with_classes(&classes);
        let found = discriminator.logits(packed(batch, model.pack), &mut pass);
        logits.extend(found.into_data().iter::<f32>().map(f64::from));
    }
    logits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heuristics;
    use crate::nn::{Builder, ConvSpec, Init, Initializer};
    use crate::plan::ModelPlan;
    use steadygan_run::CheckpointKind;

    /// A run whose discriminator is a linear function of the pixels of `pack` images.
    fn run(pack: usize) -> RunInputs {
        let init = Initializer { init: Init::FanInUniform, seed: 0, network: "test".into(), device: Device::flex() };
        let nothing = || Images { channels: 1, size: 4, pixels: Vec::new(), classes: None };
        let plan = crate::decide::decide(&heuristics::recipe(), 1).unwrap();
        RunInputs {
            images: 0,
            checkpoint: CheckpointKind::Latest,
            model: ModelPlan { size: 4, pack, ..plan.model },
            discriminator: Builder::new([pack, 4, 4], init).conv(ConvSpec::valid(pack, 1, 4, true)).build(),
            device: Device::flex(),
            train: nothing(),
            holdout: nothing(),
        }
    }

    fn greys(levels: std::ops::Range<u8>) -> Images {
        let pixels = levels.flat_map(|level| [level; 16]).collect();
        Images { channels: 1, size: 4, pixels, classes: None }
    }

    /// The logit is linear in the grey level: the second differences are 0 but for rounding.
    #[test]
    fn each_image_has_its_logit_in_order() {
        let logits = logits(&run(1), &greys(0..100));
        assert_eq!(logits.len(), 100);
        let steps: Vec<f64> = logits.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.iter().all(|step| (step - steps[0]).abs() < 1e-5 && *step != 0.0), "{steps:?}");
    }

    #[test]
    fn a_pack_has_one_logit_and_the_rest_has_none() {
        assert_eq!(logits(&run(3), &greys(0..100)).len(), 33);
    }
}
