//! Networks as ONNX models.
//!
//! IR version 7 and opset 13 (both of ONNX 1.8, December 2020; onnxruntime 1.6 and later run them): the oldest opset in
//! which every operator used here has its present form. The numbers of fields are those of `onnx.proto`.

use super::protobuf::Message;
use crate::nn::{AnyLayer, BatchNorm, ConvSpec, ImageShape, Network, named_tensors};

/// The version of the file's format.
const IR_VERSION: u64 = 7;
/// The version of the operators.
const OPSET: u64 = 13;

/// `TensorProto.DataType.FLOAT`: 32 bits.
const FLOAT: u64 = 1;

const INPUT: &str = "latent";
const OUTPUT: &str = "images";

/// The constant that says by how much a nearest-neighbour doubling enlarges each dimension.
const DOUBLING: &str = "doubling";

/// The bytes of a `ModelProto`, with `metadata` under a key of its `metadata_props`.
pub(super) fn model(network: &Network, key: &str, metadata: &str) -> Vec<u8> {
    let opset = Message::default().text(1, "").integer(2, OPSET);
    let property = Message::default().text(1, key).text(2, metadata);
    Message::default()
        .integer(1, IR_VERSION)
        .text(2, "steadygan")
        .text(3, env!("CARGO_PKG_VERSION"))
        .message(7, &graph(network))
        .message(8, &opset)
        .message(14, &property)
        .into_bytes()
}

/// `GraphProto`: a chain of nodes, each named as its layer.
fn graph(network: &Network) -> Message {
    let layers = network.layers();
    assert!(!layers.is_empty(), "a network has layers");
    let mut graph = Message::default().text(2, "generator");
    let mut from = INPUT.to_owned();
    for (index, layer) in layers.iter().enumerate() {
        let name = format!("main.{index}");
        let to = if index + 1 == layers.len() { OUTPUT.to_owned() } else { name.clone() };
        graph = graph.message(1, &Node::of(layer, &name).encode(&name, &from, &to));
        from = to;
    }
    for tensor in named_tensors(network) {
        graph = graph.message(5, &constant(&tensor.name, tensor.data.shape(), tensor.data.as_bytes()));
    }
    if layers.iter().any(|layer| matches!(layer, AnyLayer::Upsample2(_))) {
        let factors = [1.0f32, 1.0, 2.0, 2.0].map(f32::to_le_bytes);
        graph = graph.message(5, &constant(DOUBLING, &[factors.len()], factors.as_flattened()));
    }
    graph.message(11, &value(INPUT, network.input())).message(12, &value(OUTPUT, network.output()))
}

/// `TensorProto` of 32-bit floats in little-endian order.
fn constant(name: &str, shape: &[usize], bytes: &[u8]) -> Message {
    Message::default().integers(1, shape.iter().copied()).integer(2, FLOAT).text(8, name).bytes(9, bytes)
}

/// `ValueInfoProto` of images in a batch of any size.
fn value(name: &str, image: ImageShape) -> Message {
    let batch = Message::default().text(2, "batch");
    let lengths = image.map(|length| Message::default().integer(1, length as u64));
    let shape = lengths.iter().fold(Message::default().message(1, &batch), |shape, length| shape.message(1, length));
    let tensor = Message::default().integer(1, FLOAT).message(2, &shape);
    Message::default().text(1, name).message(2, &Message::default().message(1, &tensor))
}

/// An operator with its constants and attributes.
#[derive(Debug, PartialEq)]
struct Node {
    operator: &'static str,
    /// The inputs after the first.
    constants: Vec<String>,
    attributes: Vec<(&'static str, Attribute)>,
}

#[derive(Debug, PartialEq)]
enum Attribute {
    Float(f32),
    Integers(Vec<usize>),
    Text(&'static str),
}

impl Node {
    /// What a layer called `name` is in ONNX.
    fn of(layer: &AnyLayer, name: &str) -> Self {
        let plain = |operator| Self { operator, constants: Vec::new(), attributes: Vec::new() };
        match layer {
            AnyLayer::Conv2d(conv) => Self::conv("Conv", conv.spec(), name),
            AnyLayer::ConvTranspose2d(conv) => Self::conv("ConvTranspose", conv.spec(), name),
            AnyLayer::BatchNorm(_) => Self {
                operator: "BatchNormalization",
                constants: ["weight", "bias", "running_mean", "running_var"]
                    .map(|part| format!("{name}.{part}"))
                    .into(),
                attributes: vec![("epsilon", Attribute::Float(BatchNorm::EPSILON))],
            },
            AnyLayer::LeakyRelu(activation) if activation.slope == 0.0 => plain("Relu"),
            AnyLayer::LeakyRelu(activation) => {
                Self { attributes: vec![("alpha", Attribute::Float(activation.slope))], ..plain("LeakyRelu") }
            }
            AnyLayer::Tanh(_) => plain("Tanh"),
            AnyLayer::Sigmoid(_) => plain("Sigmoid"),
            AnyLayer::MaxPool2(_) => Self {
                attributes: ["kernel_shape", "strides"].map(|key| (key, Attribute::Integers(vec![2, 2]))).into(),
                ..plain("MaxPool")
            },
            // The region of interest has no name: there is none.
            AnyLayer::Upsample2(_) => Self {
                operator: "Resize",
                constants: vec![String::new(), DOUBLING.to_owned()],
                attributes: [
                    ("mode", "nearest"),
                    ("coordinate_transformation_mode", "asymmetric"),
                    ("nearest_mode", "floor"),
                ]
                .map(|(key, text)| (key, Attribute::Text(text)))
                .into(),
            },
        }
    }

    fn conv(operator: &'static str, spec: ConvSpec, name: &str) -> Self {
        let ConvSpec { kernel, stride, pad_before, pad_after, bias, .. } = spec;
        let parameters = if bias { &["weight", "bias"][..] } else { &["weight"] };
        Self {
            operator,
            constants: parameters.iter().map(|parameter| format!("{name}.{parameter}")).collect(),
            attributes: vec![
                ("kernel_shape", Attribute::Integers(vec![kernel, kernel])),
                ("strides", Attribute::Integers(vec![stride, stride])),
                ("pads", Attribute::Integers(vec![pad_before, pad_before, pad_after, pad_after])),
            ],
        }
    }

    /// `NodeProto`
    fn encode(&self, name: &str, from: &str, to: &str) -> Message {
        let inputs = self.constants.iter().fold(Message::default().text(1, from), |node, input| node.text(1, input));
        let node = inputs.text(2, to).text(3, name).text(4, self.operator);
        self.attributes.iter().fold(node, |node, (key, attribute)| node.message(5, &attribute.encode(key)))
    }
}

impl Attribute {
    /// `AttributeProto`, whose field 20 is the type.
    fn encode(&self, name: &str) -> Message {
        let attribute = Message::default().text(1, name);
        match self {
            Self::Float(value) => attribute.float(2, *value).integer(20, 1),
            Self::Text(value) => attribute.text(4, value).integer(20, 3),
            Self::Integers(values) => attribute.integers(8, values.iter().copied()).integer(20, 7),
        }
    }
}

#[cfg(test)]
mod tests;
