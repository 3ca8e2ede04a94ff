//! A table of a network's layers.

use super::{ImageShape, Layer, Network, named_tensors};
use serde::Serialize;
use std::fmt;

/// One layer of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerRow {
    /// The layer's name, with kernel and stride if it is a convolution.
    pub layer: String,
    /// The output's shape for one image: channels, height, width.
    pub output: ImageShape,
    /// Parameters that training changes.
    pub trainable: usize,
    /// Values that gradients do not change (buffers, such as running statistics).
    pub not_trainable: usize,
    /// Multiply-add operations for one image.
    pub multiply_adds: u64,
    /// How many values a forward pass of one image computes, including those inside a block.
    pub activations: usize,
}

impl LayerRow {
    /// All parameters as Keras counts them, including the running statistics.
    pub fn parameters(&self) -> usize {
        self.trainable + self.not_trainable
    }
}

/// A table of a network's layers with output shapes, parameters and work, similar to Keras' `summary`; `Display` prints
/// it. Any stack of layers is a network ([`Builder`](super::Builder)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerTable {
    /// The line above the table.
    pub title: String,
    /// The shape of one input.
    pub input: ImageShape,
    /// The layers in order.
    pub rows: Vec<LayerRow>,
}

impl LayerTable {
    /// The table of a network.
    pub fn of(title: impl Into<String>, network: &Network) -> Self {
        let mut shape = network.input();
        let rows = network.layers().iter().map(|layer| {
            let (multiply_adds, activations) = (layer.multiply_adds(shape), layer.activations(shape));
            shape = layer.output(shape);
            let (trainable, fixed): (Vec<_>, Vec<_>) = named_tensors(layer).into_iter().partition(|t| t.trainable);
            let count = |tensors: Vec<super::NamedTensor>| tensors.iter().map(|t| t.data.num_elements()).sum();
            LayerRow {
                layer: layer.name(),
                output: shape,
                trainable: count(trainable),
                not_trainable: count(fixed),
                multiply_adds,
                activations,
            }
        });
        let rows = rows.collect();
        Self { title: title.into(), input: network.input(), rows }
    }

    /// All parameters as Keras counts them, including the running statistics.
    pub fn parameters(&self) -> usize {
        self.rows.iter().map(LayerRow::parameters).sum()
    }

    /// Parameters that training changes.
    pub fn trainable(&self) -> usize {
        self.rows.iter().map(|row| row.trainable).sum()
    }

    /// Values that gradients do not change (buffers).
    pub fn not_trainable(&self) -> usize {
        self.rows.iter().map(|row| row.not_trainable).sum()
    }

    /// Multiply-add operations for one image.
    pub fn multiply_adds(&self) -> u64 {
        self.rows.iter().map(|row| row.multiply_adds).sum()
    }

    /// How many values a forward pass of one image computes, over all layers.
    pub fn activations(&self) -> usize {
        self.rows.iter().map(|row| row.activations).sum()
    }
}

/// The number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn shape([c, h, w]: ImageShape) -> String {
    format!("{h}×{w}×{c}")
}

impl fmt::Display for LayerTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, cells: [&str; 5]| {
            let [layer, output, trainable, fixed, work] = cells;
            writeln!(f, "  {layer:<22} {output:>13} {trainable:>13} {fixed:>14} {work:>14}")
        };
        let numbers = |trainable, fixed, work| [grouped(trainable), grouped(fixed), grouped(work)];
        writeln!(f, "{}", self.title)?;
        row(f, ["layer", "output (h×w×c)", "trainable", "not trainable", "multiply-adds"])?;
        row(f, ["input", &shape(self.input), "", "", ""])?;
        for layer in &self.rows {
            let [trainable, fixed, work] =
                numbers(layer.trainable as u64, layer.not_trainable as u64, layer.multiply_adds);
            row(f, [&layer.layer, &shape(layer.output), &trainable, &fixed, &work])?;
        }
        let [trainable, fixed, work] =
            numbers(self.trainable() as u64, self.not_trainable() as u64, self.multiply_adds());
        row(f, ["total", "", &trainable, &fixed, &work])
    }
}
