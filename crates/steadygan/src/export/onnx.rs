//! Networks as ONNX models.
//!
//! IR version 7 and opset 13 are those of ONNX 1.8 (2020; onnxruntime 1.6): old enough for the run times in use, and new
//! enough for every operator here.

mod fields;

use super::protobuf::Message;
use crate::nn::{AnyLayer, BatchNorm, ConvSpec, ImageShape, Network, named_tensors};
use fields::{attribute, dimension, entry, graph, model, node, opset, shape, tensor, tensor_type, type_, value_info};

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
pub(super) fn encode(network: &Network, key: &str, metadata: &str) -> Vec<u8> {
    let operators = Message::default().text(opset::DOMAIN, "").integer(opset::VERSION, OPSET);
    let property = Message::default().text(entry::KEY, key).text(entry::VALUE, metadata);
    Message::default()
        .integer(model::IR_VERSION, IR_VERSION)
        .text(model::PRODUCER_NAME, "steadygan")
        .text(model::PRODUCER_VERSION, env!("CARGO_PKG_VERSION"))
        .message(model::GRAPH, &chain(network))
        .message(model::OPSET_IMPORT, &operators)
        .message(model::METADATA_PROPS, &property)
        .into_bytes()
}

/// `GraphProto`: a chain of nodes, each named as its layer.
fn chain(network: &Network) -> Message {
    let layers = network.layers();
    assert!(!layers.is_empty(), "a network has layers");
    let mut message = Message::default().text(graph::NAME, "generator");
    let mut from = INPUT.to_owned();
    for (index, layer) in layers.iter().enumerate() {
        let name = format!("main.{index}");
        let to = if index + 1 == layers.len() { OUTPUT.to_owned() } else { name.clone() };
        message = message.message(graph::NODE, &Node::of(layer, &name).encode(&name, &from, &to));
        from = to;
    }
    for tensor in named_tensors(network) {
        let constant = constant(&tensor.name, tensor.data.shape(), tensor.data.as_bytes());
        message = message.message(graph::INITIALIZER, &constant);
    }
    if layers.iter().any(|layer| matches!(layer, AnyLayer::Upsample2(_))) {
        let factors = [1.0f32, 1.0, 2.0, 2.0].map(f32::to_le_bytes);
        message = message.message(graph::INITIALIZER, &constant(DOUBLING, &[factors.len()], factors.as_flattened()));
    }
    message
        .message(graph::INPUT, &images(INPUT, network.input()))
        .message(graph::OUTPUT, &images(OUTPUT, network.output()))
}

/// `TensorProto` of 32-bit floats in little-endian order.
fn constant(name: &str, shape: &[usize], bytes: &[u8]) -> Message {
    Message::default()
        .integers(tensor::DIMS, shape.iter().copied())
        .integer(tensor::DATA_TYPE, FLOAT)
        .text(tensor::NAME, name)
        .bytes(tensor::RAW_DATA, bytes)
}

/// `ValueInfoProto` of images in a batch of any size.
fn images(name: &str, image: ImageShape) -> Message {
    let batch = Message::default().text(dimension::DIM_PARAM, "batch");
    let lengths = image.map(|length| Message::default().integer(dimension::DIM_VALUE, length as u64));
    let dimensions = [batch].into_iter().chain(lengths);
    let of_shape = dimensions.fold(Message::default(), |of_shape, length| of_shape.message(shape::DIM, &length));
    let of_tensor = Message::default().integer(tensor_type::ELEM_TYPE, FLOAT).message(tensor_type::SHAPE, &of_shape);
    let of_type = Message::default().message(type_::TENSOR_TYPE, &of_tensor);
    Message::default().text(value_info::NAME, name).message(value_info::TYPE, &of_type)
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
        let inputs = [from].into_iter().chain(self.constants.iter().map(String::as_str));
        let message = inputs.fold(Message::default(), |message, input| message.text(node::INPUT, input));
        let message = message.text(node::OUTPUT, to).text(node::NAME, name).text(node::OP_TYPE, self.operator);
        let attributes = self.attributes.iter().map(|(key, attribute)| attribute.encode(key));
        attributes.fold(message, |message, attribute| message.message(node::ATTRIBUTE, &attribute))
    }
}

impl Attribute {
    /// `AttributeProto`
    fn encode(&self, name: &str) -> Message {
        /// `AttributeProto.AttributeType`
        const FLOAT: u64 = 1;
        const STRING: u64 = 3;
        const INTS: u64 = 7;
        let message = Message::default().text(attribute::NAME, name);
        match self {
            Self::Float(value) => message.float(attribute::F, *value).integer(attribute::TYPE, FLOAT),
            Self::Text(value) => message.text(attribute::S, value).integer(attribute::TYPE, STRING),
            Self::Integers(values) => {
                message.integers(attribute::INTS, values.iter().copied()).integer(attribute::TYPE, INTS)
            }
        }
    }
}

#[cfg(test)]
mod tests;
