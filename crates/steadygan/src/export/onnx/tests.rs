use super::*;
use crate::nn::{Builder, Init, Initializer};
use burn::prelude::Device;

fn builder(input: ImageShape) -> Builder {
    let init = Init::Gaussian { deviation: 0.02 };
    Builder::new(input, Initializer { init, seed: 0, network: "generator".into(), device: Device::flex() })
}

fn nodes(network: &Network) -> Vec<Node> {
    network.layers().iter().enumerate().map(|(index, layer)| Node::of(layer, &format!("main.{index}"))).collect()
}

/// Every layer that there is, with its numbers in ONNX's order.
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
        // Above and left, then below and right.
        node(
            "Conv",
            &["main.5.weight", "main.5.bias"],
            vec![integers("kernel_shape", &[3, 3]), integers("strides", &[2, 2]), integers("pads", &[0, 0, 1, 1])],
        ),
        node("MaxPool", &[], vec![integers("kernel_shape", &[2, 2]), integers("strides", &[2, 2])]),
        node("Tanh", &[], vec![]),
        node("Sigmoid", &[], vec![]),
    ];
    assert_eq!(nodes(&network), expected);
}

/// The whole file of the smallest generator, byte by byte. onnxruntime reads larger ones in `.ci/run`.
#[test]
fn the_smallest_model_has_these_bytes() {
    let model = encode(&builder([1, 1, 1]).tanh().build(), "key", "{}");
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
