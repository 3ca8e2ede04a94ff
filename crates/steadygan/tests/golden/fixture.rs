//! Reads the fixtures and compares with them.

use burn::Tensor;
use burn::prelude::*;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use std::collections::BTreeMap;
use steadygan::pixels::PixelRange;

/// The tensors of a fixture by name. Tensors of bytes are images, which are scaled to [−1, 1].
pub(crate) struct Fixture {
    pub(crate) tensors: BTreeMap<String, TensorData>,
    pub(crate) metadata: serde_json::Map<String, serde_json::Value>,
}

impl Fixture {
    pub(crate) fn read(name: &str) -> Self {
        let path = format!("{}/tests/golden/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(&path).expect("the fixture is in the repository");
        let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
        let tensors = file.iter().map(|(name, view)| {
            let values: Vec<f32> = match view.dtype() {
                Dtype::U8 => view.data().iter().map(|&pixel| PixelRange::Symmetric.scale(pixel)).collect(),
                _ => view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            };
            (name.to_owned(), TensorData::new(values, view.shape().to_vec()))
        });
        let (_, header) = SafeTensors::read_metadata(&bytes).expect("a header");
        let strings = header.metadata().clone().unwrap_or_default().into_iter();
        let parsed = strings.filter_map(|(key, text)| Some((key, serde_json::from_str(&text).ok()?)));
        Self { metadata: parsed.collect(), tensors: tensors.collect() }
    }

    pub(crate) fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        Tensor::from_data(self.tensors[name].clone(), &Device::flex())
    }

    pub(crate) fn part(&self, prefix: &str) -> BTreeMap<String, TensorData> {
        let named = self.tensors.iter().filter_map(|(name, data)| Some((name.strip_prefix(prefix)?, data)));
        named.map(|(name, data)| (name.to_owned(), data.clone())).collect()
    }

    pub(crate) fn table(&self, key: &str) -> Vec<Vec<f64>> {
        serde_json::from_value(self.metadata[key].clone()).expect("rows of numbers")
    }
}

fn values(data: &TensorData) -> Vec<f64> {
    data.iter::<f32>().map(f64::from).collect()
}

/// ‖ours − theirs‖ / ‖theirs‖.
fn distance(ours: &TensorData, theirs: &TensorData) -> f64 {
    assert_eq!(ours.num_elements(), theirs.num_elements());
    let (ours, theirs) = (values(ours), values(theirs));
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    let gap = norm(&mut ours.iter().zip(&theirs).map(|(a, b)| a - b));
    let scale = norm(&mut theirs.iter().copied());
    if scale == 0.0 { gap } else { gap / scale }
}

#[track_caller]
pub(crate) fn assert_close(what: &str, ours: TensorData, theirs: &TensorData, tolerance: f64) {
    let distance = distance(&ours, theirs);
    assert!(distance <= tolerance, "{what}: {distance:.2e} is above {tolerance:.0e}");
}
