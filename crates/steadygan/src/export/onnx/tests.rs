use super::node::Attribute;
use super::*;
use crate::nn::{Builder, ConvSpec, Init, Initializer, ResidualScale};
use burn::prelude::Device;

fn builder(input: ImageShape) -> Builder {
    let init = Init::Gaussian { deviation: 0.02 };
    Builder::new(input, Initializer { init, seed: 0, network: "generator".into(), device: Device::flex() })
}

fn nodes(network: &Network) -> Vec<Node> {
    let layers = network.layers().iter().enumerate();
    layers.map(|(index, layer)| Node::of(layer, &format!("main.{index}")).expect("an operator")).collect()
}

/// Checks every layer that is a single operator; attributes are in ONNX's order.
#[test]
fn each_layer_has_its_operator() {
    let network = builder([3, 2, 2])
        .conv_transpose(ConvSpec::strided(3, 4, false))
        .batch_norm(4)
        .leaky_relu(0.2)
        .leaky_relu(0.0)
        .upsample()
        .conv(ConvSpec::new(4, 2, 3, 2, (0, 1), true))
        .max_pool()
        .tanh()
        .sigmoid()
        .instance_norm(2)
        .average_pool()
        .bilinear_upsample()
        .reshape([8, 1, 1])
        .pixel_shuffle()
        .dropout(0.5)
        .gaussian_noise(0.1)
        .build();
    let integers = |name, numbers: &[usize]| (name, Attribute::Integers(numbers.to_vec()));
    let node = |operator, constants: &[&str], attributes| {
        let constants = constants.iter().map(|name| (*name).to_owned()).collect();
        Node { operator, constants, attributes }
    };
    let of_batch_norm = ["main.1.weight", "main.1.bias", "main.1.running_mean", "main.1.running_var"];
    let expected = [
        node(
            "ConvTranspose",
            &["main.0.weight"],
            vec![integers("kernel_shape", &[4, 4]), integers("strides", &[2, 2]), integers("pads", &[1, 1, 1, 1])],
        ),
        node("BatchNormalization", &of_batch_norm, vec![("epsilon", Attribute::Float(1e-5))]),
        node("LeakyRelu", &[], vec![("alpha", Attribute::Float(0.2))]),
        node("Relu", &[], vec![]),
        node(
            "Resize",
            &["", "doubling"],
            vec![
                ("mode", Attribute::Text("nearest")),
                ("coordinate_transformation_mode", Attribute::Text("asymmetric")),
                ("nearest_mode", Attribute::Text("floor")),
            ],
        ),
        // ONNX's order of padding: above, left, below, right.
        node(
            "Conv",
            &["main.5.weight", "main.5.bias"],
            vec![integers("kernel_shape", &[3, 3]), integers("strides", &[2, 2]), integers("pads", &[0, 0, 1, 1])],
        ),
        node("MaxPool", &[], vec![integers("kernel_shape", &[2, 2]), integers("strides", &[2, 2])]),
        node("Tanh", &[], vec![]),
        node("Sigmoid", &[], vec![]),
        node("InstanceNormalization", &["main.9.weight", "main.9.bias"], vec![("epsilon", Attribute::Float(1e-5))]),
        node("AveragePool", &[], vec![integers("kernel_shape", &[2, 2]), integers("strides", &[2, 2])]),
        node(
            "Resize",
            &["", "doubling"],
            vec![
                ("mode", Attribute::Text("linear")),
                ("coordinate_transformation_mode", Attribute::Text("half_pixel")),
            ],
        ),
        node("Reshape", &["main.12.shape"], vec![]),
        node("DepthToSpace", &[], vec![("blocksize", Attribute::Integer(2)), ("mode", Attribute::Text("CRD"))]),
        node("Identity", &[], vec![]),
        node("Identity", &[], vec![]),
    ];
    assert_eq!(nodes(&network), expected);
}

/// Compares the whole file of the smallest generator byte by byte. `.ci/run` has onnxruntime read larger models.
#[test]
fn the_smallest_model_has_these_bytes() {
    let model = encode(&builder([1, 1, 1]).tanh().build(), true, "key", "{}").expect("operators");
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    let image = b"\x08\x01\x12\x15\x0a\x07\x12\x05batch\x0a\x02\x08\x01\x0a\x02\x08\x01\x0a\x02\x08\x01";
    let value = |name: &[u8]| {
        let tensor = [&[0x0a, image.len() as u8][..], image].concat();
        [&[0x0a, name.len() as u8][..], name, &[0x12, tensor.len() as u8], &tensor].concat()
    };
    let node = b"\x0a\x06latent\x12\x06images\x1a\x06main.0\x22\x04Tanh";
    let field = |key: u8, bytes: &[u8]| [&[key, bytes.len() as u8][..], bytes].concat();
    let graph =
        [field(0x12, b"generator"), field(0x0a, node), field(0x5a, &value(b"latent")), field(0x62, &value(b"images"))]
            .concat();
    let expected = [
        &b"\x08\x07"[..],
        &field(0x12, b"steadygan"),
        &field(0x1a, version),
        &field(0x3a, &graph),
        &field(0x42, b"\x0a\x00\x10\x0d"),
        &field(0x72, b"\x0a\x03key\x12\x02{}"),
    ]
    .concat();
    assert_eq!(model, expected);
}

/// Checks the nodes' inputs and outputs, and the constants that are not weights.
#[test]
fn a_residual_block_is_its_branches_and_their_sum() {
    let main = |main: Builder| main.leaky_relu(0.0).conv(ConvSpec::same(2, 2, 3, 1, false));
    let network = builder([2, 4, 4]).residual(ResidualScale::Fixed(0.5), main, |skip| skip).tanh().build();
    let mut graph = Graph::default();
    graph.chain(network.layers(), "main", INPUT, OUTPUT, network.input()).expect("operators");
    let expected = [
        Node::with("Relu", vec![]).encode("main.0.main.0", "latent", "main.0.main.0"),
        Node::of(&conv_of(&network), "main.0.main.1").expect("one").encode(
            "main.0.main.1",
            "main.0.main.0",
            "main.0.main",
        ),
        Node::with("Mul", vec!["main.0.scale".into()]).encode("main.0.scaled", "main.0.main", "main.0.scaled"),
        Node::with("Add", vec!["latent".into()]).encode("main.0", "main.0.scaled", "main.0"),
        Node::with("Tanh", vec![]).encode("main.1", "main.0", "images"),
    ];
    assert_eq!(graph.nodes, expected);
    assert_eq!(graph.constants.into_keys().collect::<Vec<_>>(), ["main.0.scale"]);
}

fn conv_of(network: &Network) -> AnyLayer {
    match &network.layers()[0] {
        AnyLayer::Residual(block) => block.main[1].clone(),
        _ => unreachable!("the network begins with a block"),
    }
}

#[test]
fn a_layer_without_a_form_is_named() {
    let network = builder([2, 4, 4]).tanh().layer_norm(2).build();
    let error = encode(&network, true, "key", "{}").expect_err("none");
    assert_eq!(error.to_string(), "the layer LayerNorm (`main.1`) cannot be written as ONNX");
}

/// Where they act when images are made, dropout and noise are refused, inside a block too; elsewhere they do nothing.
#[test]
fn what_draws_random_numbers_is_written_only_where_it_does_not_act() {
    let inside = |main: Builder| main.gaussian_noise(0.1).tanh();
    let noisy = builder([2, 4, 4]).residual(ResidualScale::Fixed(1.0), inside, |skip| skip).build();
    let dropping = builder([2, 4, 4]).dropout(0.5).tanh().build();
    for (network, layer) in [(noisy, "Noise 0.1 (`main.0.main.0`)"), (dropping, "Dropout 0.5 (`main.0`)")] {
        encode(&network, false, "key", "{}").expect("written without it");
        let error = encode(&network, true, "key", "{}").expect_err("refused").to_string();
        let said = format!("the layer {layer} draws random numbers when images are made, which is not written as ONNX");
        assert_eq!(error, said);
    }
}

/// An exported generator is an ONNX file that cannot compute features, because it takes latents instead of images.
#[test]
fn a_generator_is_no_feature_network() {
    use crate::metrics::FeatureNetwork;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.onnx");
    std::fs::write(path.with_extension("toml"), "size = 8\nchannels = 1\nmean = [0]\ndeviation = [255]\n").unwrap();
    let generator = builder([1, 1, 1]).conv(ConvSpec::valid(1, 2, 1, true)).tanh().build();
    std::fs::write(&path, encode(&generator, true, "key", "{}").unwrap()).unwrap();
    let error = FeatureNetwork::named(path.to_str().unwrap()).unwrap_err().to_string();
    assert!(error.contains("n.onnx cannot be run as a feature network: "), "{error}");
}
