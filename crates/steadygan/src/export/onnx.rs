//! Networks as ONNX models.
//!
//! IR version 7 and opset 13 belong to ONNX 1.8 (2020; onnxruntime 1.6): old enough for the runtimes in use, and new
//! enough for every operator here.

mod fields;
mod node;

use crate::error::{Error, Result};
use crate::nn::{AnyLayer, ImageShape, Layer, Network, Reshape, Residual, named_tensors};
use crate::protobuf::Message;
use fields::{dimension, entry, graph, model, opset, shape, tensor, tensor_type, type_, value_info};
use node::Node;
use std::collections::BTreeMap;

/// The version of the file's format.
const IR_VERSION: u64 = 7;
/// The version of the operators.
const OPSET: u64 = 13;

/// `TensorProto.DataType.FLOAT`: 32 bits.
const FLOAT: u64 = 1;
/// `TensorProto.DataType.INT64`.
const INT64: u64 = 7;

const INPUT: &str = "latent";
const OUTPUT: &str = "images";
/// The second input, of conditional generators.
const CLASS: &str = "class";

/// What to do where a generator cannot be written as ONNX.
const NO_ONNX: &str = "use generator.safetensors in the same folder";

/// The constant with the factors by which a layer that doubles the size enlarges each dimension.
const DOUBLING: &str = "doubling";

/// The bytes of a `ModelProto`, with `metadata` under `key` in its `metadata_props`. `noisy` says whether dropout and noise
/// act when images are made.
///
/// # Errors
///
/// A layer cannot be written as ONNX here.
pub(super) fn encode(network: &Network, noisy: bool, key: &str, metadata: &str) -> Result<Vec<u8>> {
    let operators = Message::default().text(opset::DOMAIN, "").integer(opset::VERSION, OPSET);
    let property = Message::default().text(entry::KEY, key).text(entry::VALUE, metadata);
    let message = Message::default()
        .integer(model::IR_VERSION, IR_VERSION)
        .text(model::PRODUCER_NAME, "steadygan")
        .text(model::PRODUCER_VERSION, env!("CARGO_PKG_VERSION"))
        .message(model::GRAPH, &whole(&network.clone().without_spectral_norms(), noisy)?)
        .message(model::OPSET_IMPORT, &operators)
        .message(model::METADATA_PROPS, &property);
    Ok(message.into_bytes())
}

/// `GraphProto` of the whole network; nodes have their layers' names.
fn whole(network: &Network, noisy: bool) -> Result<Message> {
    let layers = network.layers();
    assert!(!layers.is_empty(), "a network has layers");
    let mut graph = Graph { noisy, ..Graph::default() };
    graph.chain(layers, "main", INPUT, OUTPUT, network.input())?;
    let message = Message::default().text(graph::NAME, "generator");
    let message = graph.nodes.iter().fold(message, |message, node| message.message(graph::NODE, node));
    let weights = named_tensors(network).into_iter();
    let weights = weights.map(|tensor| constant(&tensor.name, tensor.data.shape(), tensor.data.as_bytes()));
    let constants = weights.chain(graph.constants.into_values());
    let message = constants.fold(message, |message, constant| message.message(graph::INITIALIZER, &constant));
    let message = message.message(graph::INPUT, &images(INPUT, network.input()));
    let class = network.is_class_conditional().then(|| value(CLASS, INT64, &[]));
    let message = class.into_iter().fold(message, |message, class| message.message(graph::INPUT, &class));
    Ok(message.message(graph::OUTPUT, &images(OUTPUT, network.output())))
}

/// A graph's nodes in order, and by name its constants that are not tensors of the network.
#[derive(Debug, Default)]
struct Graph {
    /// Whether dropout and noise act when images are made.
    noisy: bool,
    nodes: Vec<Message>,
    constants: BTreeMap<String, Message>,
}

impl Graph {
    /// Adds layers named `prefix.0`, `prefix.1`, … that compute the value `to` from the value `from`. Returns the name
    /// of the result, which is `from` if there are no layers.
    fn chain(
        &mut self,
        layers: &[AnyLayer],
        prefix: &str,
        from: &str,
        to: &str,
        mut shape: ImageShape,
    ) -> Result<String> {
        let mut from = from.to_owned();
        for (index, layer) in layers.iter().enumerate() {
            let name = format!("{prefix}.{index}");
            let to = if index + 1 == layers.len() { to } else { &name };
            match layer {
                AnyLayer::Residual(block) => self.residual(block, &name, &from, to, shape)?,
                AnyLayer::ClassEmbedding(_) => {
                    let embedding = self.of_class(&name, "weight");
                    let concat = Node::with("Concat", vec![embedding]).with_integer("axis", 1);
                    self.nodes.push(concat.encode(&name, &from, to));
                }
                AnyLayer::ClassScale(_) => {
                    let [scale, shift] = ["weight", "bias"].map(|part| self.of_class(&name, part));
                    let scaled = format!("{name}.scaled");
                    self.nodes.push(Node::with("Mul", vec![scale]).encode(&scaled, &from, &scaled));
                    self.nodes.push(Node::with("Add", vec![shift]).encode(&name, &scaled, to));
                }
                layer => self.layer(layer, &name, &from, to)?,
            }
            from = to.to_owned();
            shape = layer.output(shape);
        }
        Ok(from)
    }

    fn layer(&mut self, layer: &AnyLayer, name: &str, from: &str, to: &str) -> Result<()> {
        if self.noisy && matches!(layer, AnyLayer::Dropout(_) | AnyLayer::GaussianNoise(_)) {
            let message = format!(
                "the layer {} (`{name}`) draws random numbers when images are made, which is not written as ONNX",
                layer.name()
            );
            return Err(Error::checkpoint(message, NO_ONNX));
        }
        let node = Node::of(layer, name)?;
        self.nodes.push(node.encode(name, from, to));
        if node.constants.iter().any(|name| name == DOUBLING) {
            let factors = [1.0f32, 1.0, 2.0, 2.0].map(f32::to_le_bytes);
            let doubling = constant(DOUBLING, &[factors.len()], factors.as_flattened());
            self.constants.insert(DOUBLING.into(), doubling);
        }
        if let AnyLayer::Reshape(Reshape { shape }) = layer {
            let name = format!("{name}.shape");
            self.constants.insert(name.clone(), shape_constant(&name, *shape));
        }
        Ok(())
    }

    /// Adds a node that selects the row of a layer's tensor for each image's class. Returns the result's name.
    fn of_class(&mut self, layer: &str, part: &str) -> String {
        let (from, to) = (format!("{layer}.{part}"), format!("{layer}.{part}_of_class"));
        self.nodes.push(Node::with("Gather", vec![CLASS.to_owned()]).encode(&to, &from, &to));
        to
    }

    /// Adds the two branches of a residual block and their sum.
    fn residual(&mut self, block: &Residual, name: &str, from: &str, to: &str, shape: ImageShape) -> Result<()> {
        let value = |part: &str| format!("{name}.{part}");
        let mut main = self.chain(&block.main, &value("main"), from, &value("main"), shape)?;
        let skip = self.chain(&block.skip, &value("skip"), from, &value("skip"), shape)?;
        let fixed = block.fixed_scale();
        if block.scale.is_some() || fixed != 1.0 {
            let scale = value("scale");
            if block.scale.is_none() {
                self.constants.insert(scale.clone(), constant(&scale, &[1], &fixed.to_le_bytes()));
            }
            let scaled = value("scaled");
            self.nodes.push(Node::with("Mul", vec![scale]).encode(&scaled, &main, &scaled));
            main = scaled;
        }
        self.nodes.push(Node::with("Add", vec![skip]).encode(name, &main, to));
        Ok(())
    }
}

/// `TensorProto` of 32-bit floats in little-endian order.
fn constant(name: &str, shape: &[usize], bytes: &[u8]) -> Message {
    Message::default()
        .integers(tensor::DIMS, shape.iter().copied())
        .integer(tensor::DATA_TYPE, FLOAT)
        .text(tensor::NAME, name)
        .bytes(tensor::RAW_DATA, bytes)
}

/// `TensorProto` with the target shape of a reshape: −1 for the batch, then the image's shape.
fn shape_constant(name: &str, image: ImageShape) -> Message {
    let lengths = [-1].into_iter().chain(image.map(|length| length as i64));
    let bytes: Vec<u8> = lengths.flat_map(i64::to_le_bytes).collect();
    Message::default()
        .integers(tensor::DIMS, [1 + image.len()])
        .integer(tensor::DATA_TYPE, INT64)
        .text(tensor::NAME, name)
        .bytes(tensor::RAW_DATA, &bytes)
}

/// `ValueInfoProto` of images in a batch of any size.
fn images(name: &str, image: ImageShape) -> Message {
    value(name, FLOAT, &image)
}

/// `ValueInfoProto` of a value with this element type; its shape is a batch of any size, then `shape`.
fn value(name: &str, of: u64, shape: &[usize]) -> Message {
    let batch = Message::default().text(dimension::DIM_PARAM, "batch");
    let lengths = shape.iter().map(|length| Message::default().integer(dimension::DIM_VALUE, *length as u64));
    let dimensions = [batch].into_iter().chain(lengths);
    let of_shape = dimensions.fold(Message::default(), |of_shape, length| of_shape.message(shape::DIM, &length));
    let of_tensor = Message::default().integer(tensor_type::ELEM_TYPE, of).message(tensor_type::SHAPE, &of_shape);
    let of_type = Message::default().message(type_::TENSOR_TYPE, &of_tensor);
    Message::default().text(value_info::NAME, name).message(value_info::TYPE, &of_type)
}

#[cfg(test)]
mod tests;
