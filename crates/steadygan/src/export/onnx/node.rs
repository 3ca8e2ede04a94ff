//! Translates layers to ONNX operators.

use super::fields::{attribute, node};
use super::{DOUBLING, NO_ONNX};
use crate::error::{Error, Result};
use crate::nn::{AnyLayer, BatchNorm, ConvSpec, Layer};
use crate::protobuf::Message;

/// An operator with its constants and attributes.
#[derive(Debug, PartialEq)]
pub(super) struct Node {
    pub(super) operator: &'static str,
    /// The inputs after the first.
    pub(super) constants: Vec<String>,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Attribute {
    Float(f32),
    Integer(u64),
    Integers(Vec<usize>),
    Text(&'static str),
}

impl Node {
    /// An operator without attributes.
    pub(super) fn with(operator: &'static str, constants: Vec<String>) -> Self {
        Self { operator, constants, attributes: Vec::new() }
    }

    /// The operator with one more attribute.
    pub(super) fn with_integer(mut self, name: &'static str, value: u64) -> Self {
        self.attributes.push((name, Attribute::Integer(value)));
        self
    }

    /// The ONNX operator of a layer called `name` in a pass without random numbers: dropout and noise do nothing.
    ///
    /// # Errors
    ///
    /// The layer is not a single ONNX operator.
    pub(super) fn of(layer: &AnyLayer, name: &str) -> Result<Self> {
        let plain = |operator| Self::with(operator, Vec::new());
        let part = |part: &str| format!("{name}.{part}");
        Ok(match layer {
            AnyLayer::Conv2d(conv) => Self::conv("Conv", conv.spec(), name),
            AnyLayer::ConvTranspose2d(conv) => Self::conv("ConvTranspose", conv.spec(), name),
            AnyLayer::BatchNorm(_) => Self {
                operator: "BatchNormalization",
                constants: ["weight", "bias", "running_mean", "running_var"].map(part).into(),
                attributes: vec![("epsilon", Attribute::Float(BatchNorm::EPSILON))],
            },
            AnyLayer::InstanceNorm(_) => Self {
                operator: "InstanceNormalization",
                constants: ["weight", "bias"].map(part).into(),
                attributes: vec![("epsilon", Attribute::Float(BatchNorm::EPSILON))],
            },
            AnyLayer::LeakyRelu(activation) if activation.slope == 0.0 => plain("Relu"),
            AnyLayer::LeakyRelu(activation) => {
                Self { attributes: vec![("alpha", Attribute::Float(activation.slope))], ..plain("LeakyRelu") }
            }
            AnyLayer::Tanh(_) => plain("Tanh"),
            AnyLayer::Sigmoid(_) => plain("Sigmoid"),
            AnyLayer::Dropout(_) | AnyLayer::GaussianNoise(_) => plain("Identity"),
            AnyLayer::MaxPool2(_) => Self::pool("MaxPool"),
            AnyLayer::AveragePool2(_) => Self::pool("AveragePool"),
            AnyLayer::Upsample2(_) => Self::resize(&[
                ("mode", "nearest"),
                ("coordinate_transformation_mode", "asymmetric"),
                ("nearest_mode", "floor"),
            ]),
            AnyLayer::BilinearUpsample2(_) => {
                Self::resize(&[("mode", "linear"), ("coordinate_transformation_mode", "half_pixel")])
            }
            AnyLayer::PixelShuffle2(_) => Self {
                attributes: vec![("blocksize", Attribute::Integer(2)), ("mode", Attribute::Text("CRD"))],
                ..plain("DepthToSpace")
            },
            AnyLayer::Reshape(_) => Self::with("Reshape", vec![part("shape")]),
            AnyLayer::GenerativeBasis(_) => Self::with("Mul", vec![part("weight")]),
            AnyLayer::LayerNorm(_)
            | AnyLayer::VirtualBatchNorm(_)
            | AnyLayer::Maxout(_)
            | AnyLayer::GlobalSumPool(_)
            | AnyLayer::DiscriminativeBasis(_)
            | AnyLayer::MinibatchStd(_)
            | AnyLayer::MinibatchDiscrimination(_)
            | AnyLayer::SelfAttention(_)
            | AnyLayer::ClassEmbedding(_)
            | AnyLayer::ClassScale(_)
            | AnyLayer::ClassHead(_)
            | AnyLayer::Residual(_) => {
                let message = format!("the layer {} (`{name}`) cannot be written as ONNX", layer.name());
                return Err(Error::checkpoint(message, NO_ONNX));
            }
        })
    }

    /// Pooling over blocks of 2×2 pixels.
    fn pool(operator: &'static str) -> Self {
        let twos = ["kernel_shape", "strides"].map(|key| (key, Attribute::Integers(vec![2, 2])));
        Self { attributes: twos.into(), ..Self::with(operator, Vec::new()) }
    }

    /// Doubling of height and width, with the attributes in `manner`. `Resize`'s second input, the region of interest,
    /// has an empty name because it is not used.
    fn resize(manner: &[(&'static str, &'static str)]) -> Self {
        let attributes = manner.iter().map(|(key, text)| (*key, Attribute::Text(text)));
        let constants = vec![String::new(), DOUBLING.to_owned()];
        Self { attributes: attributes.collect(), ..Self::with("Resize", constants) }
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
    pub(super) fn encode(&self, name: &str, from: &str, to: &str) -> Message {
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
        const INT: u64 = 2;
        const STRING: u64 = 3;
        const INTS: u64 = 7;
        let message = Message::default().text(attribute::NAME, name);
        match self {
            Self::Float(value) => message.float(attribute::F, *value).integer(attribute::TYPE, FLOAT),
            Self::Integer(value) => message.integer(attribute::I, *value).integer(attribute::TYPE, INT),
            Self::Text(value) => message.text(attribute::S, value).integer(attribute::TYPE, STRING),
            Self::Integers(values) => {
                message.integers(attribute::INTS, values.iter().copied()).integer(attribute::TYPE, INTS)
            }
        }
    }
}
