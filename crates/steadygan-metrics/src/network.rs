//! Feature networks, run by `rten`.

mod preprocessing;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rayon::current_num_threads;
use rten::{Model, NodeId, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};
use sha2::{Digest, Sha256};

pub use preprocessing::{Interpolation, Preprocessing};

use super::Features;
use crate::data::Images;
use crate::error::{Error, Result};
use crate::files::{hex, read_limited};
use crate::names::nearest;

/// The network when the caller names none.
pub const DEFAULT_NETWORK: &str = "efficientnet-lite0";

/// The name of the classifier of digits.
pub const DIGITS: &str = "digits";

/// The name of the classifier of Fashion-MNIST.
pub const FASHION: &str = "fashion";

/// The largest file that is read. Inception takes 95 MB, the largest vision transformers a little more than the limit.
const MAX_BYTES: u64 = 1 << 30;

/// Pixels in a batch: four images of 128 × 128. Larger batches are slower because they do not fit the CPU's cache
/// (benchmarks/2026-11-24-features).
const BATCH_PIXELS: usize = 4 * 128 * 128;

/// The most images in a batch.
const MAX_BATCH: usize = 128;

const USE_ONNX: &str = "name an ONNX file with one input of images, [n, channels, size, size], and 32-bit floats out; \
                        docs/metrics.md says how to export one";

/// A network that is built into the program.
struct Embedded {
    name: &'static str,
    sha256: &'static str,
    bytes: &'static [u8],
    size: usize,
    channels: usize,
    mean: f32,
    deviation: f32,
}

const EMBEDDED: &[Embedded] = &[
    Embedded {
        name: DEFAULT_NETWORK,
        sha256: "c7e5315527755aba6e9c4189b1703e231d147b3907faafef73b4e732c4b8f984",
        bytes: steadygan_assets::EFFICIENTNET_LITE0,
        size: 128,
        channels: 3,
        mean: 127.0,
        deviation: 128.0,
    },
    Embedded {
        name: DIGITS,
        sha256: "fdd78a4309095432df276c307f04ef0383949eb4b0bc9cef17ba70a9615ff14b",
        bytes: steadygan_assets::DIGITS,
        size: 28,
        channels: 1,
        mean: 0.0,
        deviation: 255.0,
    },
    Embedded {
        name: FASHION,
        sha256: "c37a242c4008e07d992066b41752bf563474ed21f3e7b3096daca75d5428b201",
        bytes: steadygan_assets::FASHION,
        size: 28,
        channels: 1,
        mean: 0.0,
        deviation: 255.0,
    },
];

/// The output of [`DIGITS`] and [`FASHION`] that holds a logit for each of ten classes.
pub const LOGITS: &str = "logits";

impl Embedded {
    fn preprocessing(&self) -> Preprocessing {
        let &Self { size, channels, mean, deviation, .. } = self;
        let (mean, deviation) = (vec![mean; channels], vec![deviation; channels]);
        let resize = Interpolation::Bicubic;
        Preprocessing { size, channels, mean, deviation, resize, output: "features".into() }
    }
}

/// A network that computes features of images.
///
/// It processes images in batches whose size depends on the network alone, each on one thread, so that the features are
/// the same bits for any number of threads.
pub struct FeatureNetwork {
    name: String,
    sha256: String,
    preprocessing: Preprocessing,
    model: Model,
}

impl FeatureNetwork {
    /// EfficientNet-Lite0, trained on ImageNet (Tan and Le 2019, arXiv:1905.11946): 1,280 features of images that are
    /// resized to 128 pixels, bicubic, grey repeated to three channels.
    ///
    /// # Errors
    ///
    /// None is expected, because the network is built into the program.
    pub fn embedded() -> Result<Self> {
        Self::named(DEFAULT_NETWORK)
    }

    /// The built-in network with this name (`efficientnet-lite0`; or `digits` and `fashion`, which classify 28 × 28
    /// grey images and have 96 features), or the network at the path of an ONNX file (NAME.onnx). A file NAME.toml
    /// beside the latter describes its input: see [`Preprocessing`].
    ///
    /// # Errors
    ///
    /// There is no such network, it cannot be run, or its input does not fit its description.
    pub fn named(name: &str) -> Result<Self> {
        if let Some(embedded) = EMBEDDED.iter().find(|embedded| embedded.name == name) {
            return Self::new(name, embedded.bytes.to_vec(), embedded.preprocessing(), name);
        }
        let path = Path::new(name);
        if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("onnx")) {
            let known = EMBEDDED.iter().map(|embedded| embedded.name.to_owned());
            let nearest = nearest(known, name).unwrap_or_default();
            let hint = format!("the nearest one is `{nearest}`; or name a file, NETWORK.onnx");
            return Err(Error::recipe(format!("there is no feature network `{name}`"), hint));
        }
        let bytes = read_limited(path, MAX_BYTES, "feature network", USE_ONNX)?;
        let preprocessing = Preprocessing::read(&path.with_extension("toml"))?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
        Self::new(&stem, bytes, preprocessing, &path.display().to_string())
    }

    fn new(name: &str, bytes: Vec<u8>, preprocessing: Preprocessing, shown: &str) -> Result<Self> {
        let sha256 = hex(Sha256::new_with_prefix(&bytes));
        let refuse =
            |why: String| Error::checkpoint(format!("{shown} cannot be run as a feature network: {why}"), USE_ONNX);
        let model = Model::load(bytes).map_err(|error| refuse(one_line(&error)))?;
        let network = Self { name: name.to_owned(), sha256, preprocessing, model };
        network.check().map_err(refuse)?;
        Ok(network)
    }

    /// Checks with one black image that the network takes the input that its description announces.
    fn check(&self) -> Result<(), String> {
        let Preprocessing { size, channels, .. } = self.preprocessing;
        if self.model.input_ids().len() != 1 {
            return Err(format!("it has {} inputs", self.model.input_ids().len()));
        }
        let black = Images { channels, size, pixels: vec![0; channels * size * size], classes: None };
        let output = self.output(&self.preprocessing.output)?;
        let made = self.batch(&black, 0, 1, output, &single_thread())?;
        if made.is_empty() { Err("it has no features".into()) } else { Ok(()) }
    }

    /// The [`sha256`](Self::sha256) of the network with this name.
    ///
    /// # Errors
    ///
    /// As [`named`](Self::named).
    pub fn digest(name: &str) -> Result<String> {
        match EMBEDDED.iter().find(|embedded| embedded.name == name) {
            Some(embedded) => Ok(embedded.sha256.to_owned()),
            None => Ok(Self::named(name)?.sha256),
        }
    }

    /// The network's name as it appears in the names of metrics.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the network's file, hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// How images are turned into the network's input.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// The features of each image.
    ///
    /// # Errors
    ///
    /// There are no images, or the network's features are not finite.
    pub fn features(&self, images: &Images) -> Result<Features> {
        self.outputs(images, &self.preprocessing.output)
    }

    /// A named output of the network, such as a classifier's `logits`, with a row for each image.
    ///
    /// # Errors
    ///
    /// The network has no such output, or as [`features`](Self::features).
    pub fn outputs(&self, images: &Images, output: &str) -> Result<Features> {
        let refuse = |why: String| Error::checkpoint(format!("the feature network {}: {why}", self.name), USE_ONNX);
        if images.pixels.is_empty() {
            return Err(Error::data("there are no images to take features of", "name a source that has images"));
        }
        let output = self.output(output).map_err(refuse)?;
        let rows = self.in_parallel(images, output).map_err(refuse)?;
        let dimensions = rows.len() / images.count();
        Features::new(dimensions, rows)
    }

    /// Runs all batches, each on one thread; there are as many threads as Rayon has.
    fn in_parallel(&self, images: &Images, output: NodeId) -> Result<Vec<f32>, String> {
        let count = images.count();
        let batch = (BATCH_PIXELS / self.preprocessing.size.pow(2)).clamp(1, MAX_BATCH);
        let next = AtomicUsize::new(0);
        let work = || {
            let pool = single_thread();
            let mut made = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let first = number * batch;
                if first >= count {
                    return Ok(made);
                }
                made.push((number, self.batch(images, first, batch.min(count - first), output, &pool)?));
            }
        };
        let mut all = thread::scope(|scope| {
            let threads = current_num_threads().min(count.div_ceil(batch));
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|_| Err("it broke off".to_owned())))
                .collect::<Result<Vec<_>, String>>()
        })?
        .concat();
        all.sort_unstable_by_key(|(number, _)| *number);
        Ok(all.into_iter().flat_map(|(_, rows)| rows).collect())
    }

    /// Runs the network on `count` images from number `first` on; returns a row for each.
    fn batch(
        &self,
        images: &Images,
        first: usize,
        count: usize,
        output: NodeId,
        pool: &Arc<ThreadPool>,
    ) -> Result<Vec<f32>, String> {
        let Preprocessing { size, channels, .. } = self.preprocessing;
        let input = self.preprocessing.input(images, first, count);
        let input = NdTensor::from_data([count, channels, size, size], input);
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
        let inputs = vec![(self.model.input_ids()[0], input.into())];
        let [made] = self.model.run_n(inputs, [output], Some(options)).map_err(|error| one_line(&error))?;
        let made = Tensor::<f32>::try_from(made).map_err(|error| one_line(&error))?;
        if made.shape().first() != Some(&count) {
            return Err(format!("{count} images give an output of shape {:?}", made.shape()));
        }
        Ok(made.into_data())
    }

    fn output(&self, name: &str) -> Result<NodeId, String> {
        let names =
            self.model.output_ids().iter().filter_map(|&id| self.model.node_info(id)?.name().map(str::to_owned));
        let names: Vec<String> = names.collect();
        match names.iter().position(|known| known == name) {
            Some(at) => Ok(self.model.output_ids()[at]),
            None => Err(format!("it has no output `{name}`, but {}", names.join(", "))),
        }
    }
}

impl fmt::Debug for FeatureNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeatureNetwork({}, {})", self.name, &self.sha256[..12])
    }
}

/// A pool of `rten` with one thread, so that a batch is always computed in the same order.
fn single_thread() -> Arc<ThreadPool> {
    Arc::new(ThreadPool::with_num_threads(1))
}

/// An error of `rten` without line breaks.
fn one_line(error: &impl fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
