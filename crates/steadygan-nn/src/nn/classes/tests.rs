use super::*;
use crate::class::{Class, Classed};
use crate::nn::testing::{
    assert_close, assert_gradients, assert_pull_back_of, builder, floats, images, init, model, perturbed, tensor,
};
use crate::nn::{Block, Conditioning, DiscriminatorConditioning, GeneratorConditioning, ModelPlan, NetworkPlan, Norm};
use crate::nn::{Network, dcgan, mlp, named_tensors, resnet, unrolled};

const CLASSES: [usize; 3] = [2, 0, 2];

fn forward_with_classes(network: &Network, x: Tensor<4>) -> Tensor<4> {
    network.forward(x, &mut Pass::train().with_classes(&CLASSES))
}

#[test]
fn an_embedding_follows_the_image_s_channels() {
    let network = builder([1, 2, 2]).class_embedding(3, 2).build();
    assert_eq!(network.output(), [3, 2, 2]);
    let (table, x) = (floats(tensor(&network, 0)), floats(images([3, 1, 2, 2])));
    let y = floats(forward_with_classes(&network, images([3, 1, 2, 2])));
    for (image, class) in CLASSES.into_iter().enumerate() {
        assert_eq!(y[12 * image..][..4], x[4 * image..][..4]);
        assert_eq!(y[12 * image + 4..][..8], table[8 * class..][..8]);
    }
}

#[test]
fn each_class_has_its_scale_and_shift() {
    let network = perturbed(builder([2, 2, 1]).class_scale(3).build());
    let [scale, shift] = [0, 1].map(|at| floats(tensor(&network, at)));
    let x = floats(images([3, 2, 2, 1]));
    let value = |at: usize| (CLASSES[at / 4] * 2 + at / 2 % 2, x[at]);
    let expected: Vec<f32> = (0..12).map(value).map(|(row, x)| scale[row] * x + shift[row]).collect();
    assert_close(&floats(forward_with_classes(&network, images([3, 2, 2, 1]))), &expected);
}

/// The logit's weight and the class's embedding add up to one inner product with the features.
#[test]
fn a_projection_adds_the_class_s_inner_product() {
    let head = |kind| builder([2, 2, 2]).class_head(ConvSpec::valid(2, 1, 2, true), 3, kind).build();
    let network = head(ClassHeadKind::Projection);
    let names: Vec<_> = named_tensors(&network).into_iter().map(|tensor| tensor.name).collect();
    assert_eq!(names, ["main.0.verdict.weight", "main.0.verdict.bias", "main.0.classes.weight"]);
    let [verdict, bias, classes] = [0, 1, 2].map(|at| floats(tensor(&network, at)));
    let x = floats(images([3, 2, 2, 2]));
    let expected: Vec<f32> = (x.chunks(8).zip(CLASSES))
        .map(|(x, class)| bias[0] + (0..8).map(|at| x[at] * (verdict[at] + classes[8 * class + at])).sum::<f32>())
        .collect();
    assert_close(&floats(forward_with_classes(&network, images([3, 2, 2, 2]))), &expected);

    let network = head(ClassHeadKind::Auxiliary);
    let mut pass = Pass::train().with_classes(&CLASSES);
    let y = network.forward(images([3, 2, 2, 2]), &mut pass);
    assert_eq!((y.dims(), pass.take_class_logits().expect("the head records them").dims()), ([3, 1, 1, 1], [3, 3]));
}

/// All three class layers in one network, with both kinds of head: the pull-back agrees with backpropagation, and a
/// penalty's gradients agree with difference quotients.
#[test]
fn gradients_of_gradients_are_exact() {
    for kind in [ClassHeadKind::Projection, ClassHeadKind::Auxiliary] {
        let network = builder([1, 4, 4])
            .class_embedding(3, 1)
            .conv(ConvSpec::strided(2, 2, true))
            .class_scale(3)
            .tanh()
            .class_head(ConvSpec::valid(2, 1, 2, true), 3, kind)
            .tanh()
            .build();
        let network = perturbed(network);
        let x = || Classed { images: images([3, 1, 4, 4]), classes: CLASSES.to_vec() };
        assert_pull_back_of(&network, x());
        let slope = |network: &Network| network.input_gradient(x()).expect("no layer mixes the batch");
        let square = |network: &Network| floats(slope(network)).iter().map(|g| 0.5 * f64::from(*g).powi(2)).sum();
        assert_gradients(&network, |network| (slope(network) * slope(network)).sum() * 0.5, square);
    }
}

/// A pass without classes uses 0, 1, 2, … in turn, so a conditional layer always has a class.
#[test]
fn a_pass_without_classes_takes_them_in_turn() {
    let network = builder([1, 1, 1]).class_embedding(2, 1).build();
    let in_turn = network.forward(images([3, 1, 1, 1]), &mut Pass::evaluate());
    let with_classes = network.forward(images([3, 1, 1, 1]), &mut Pass::evaluate().with_classes(&[0, 1, 0]));
    assert_eq!(floats(in_turn), floats(with_classes));
}

/// In every family with every kind of discriminator conditioning, another class gives another image and (except with
/// the auxiliary classifier) another logit, and the discriminator has a pull-back for penalties.
#[test]
fn every_family_can_be_class_conditional() {
    let families = [
        (dcgan::FAMILY, Block::Sngan, 16),
        (resnet::FAMILY, Block::Sngan, 8),
        (resnet::FAMILY, Block::NormFree, 8),
        (mlp::FAMILY, Block::Sngan, 8),
        (unrolled::FAMILY, Block::Sngan, 28),
    ];
    let kinds =
        [DiscriminatorConditioning::Plane, DiscriminatorConditioning::Projection, DiscriminatorConditioning::Auxiliary];
    for (family, block, size) in families {
        for kind in kinds {
            let normed = block == Block::Sngan && kind == DiscriminatorConditioning::Plane;
            let generator_kind =
                if normed { GeneratorConditioning::BatchNorm } else { GeneratorConditioning::Embedding };
            let norm = if normed { Norm::Batch } else { Norm::None };
            let classes = ["a", "b", "c"].map(|name| Class { name: name.to_owned(), images: 1 });
            let plan = ModelPlan {
                family,
                block,
                size,
                classes: classes.into(),
                conditioning: Some(Conditioning {
                    generator: generator_kind,
                    discriminator: kind,
                    ..Conditioning::default()
                }),
                generator: NetworkPlan { norm, class_scales: if normed { 3 } else { 0 }, ..NetworkPlan::PLAIN },
                ..model()
            };
            let (generator, discriminator) = networks(&plan);
            let what = format!("{family:?} {block:?} {kind:?}");
            assert!(generator.is_class_conditional(), "{what}");
            let pass = |classes: [usize; 3]| Pass::train().with_classes(&classes);
            let generate = |classes| generator.forward(images([3, 3, 1, 1]), &mut pass(classes));
            let fakes = generate(CLASSES);
            assert_ne!(floats(fakes.clone()), floats(generate([1, 0, 2])), "{what}");
            let logits = |classes| floats(discriminator.logits(fakes.clone(), &mut pass(classes)));
            let depends_on_class = kind != DiscriminatorConditioning::Auxiliary;
            assert_eq!(logits(CLASSES) != logits([1, 0, 2]), depends_on_class, "{what}");
            assert_pull_back_of(&discriminator, Classed { images: fakes.detach(), classes: CLASSES.to_vec() });
        }
    }
}

/// The networks of a plan, perturbed, because initial scales of 1, shifts of 0 and layers of zeros would hide the
/// effect of classes.
fn networks(plan: &ModelPlan) -> (Network, Network) {
    let architecture = plan.family.architecture();
    let (generator, discriminator) =
        ((architecture.generator)(plan, init()), (architecture.discriminator)(plan, init()));
    (perturbed(generator), perturbed(discriminator))
}
