//! Caches features, keyed by the content of the images and of the network.

use crate::data::Images;
use crate::error::Result;
use crate::files::{hex, read_at_most};
use crate::metrics::{FeatureNetwork, Features};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use steadygan_run::write_atomically;

/// The largest file that is read: 50,000 images of Inception's 2,048 features take 410 MB.
const MAX_BYTES: u64 = 1 << 30;

/// The tensor's name.
const NAME: &str = "features";

/// The metadata's key for a SHA-256 over the cache key and the features.
const DIGEST: &str = "sha256";

/// A folder of features. Each file is named by the SHA-256 of everything its features depend on: the network's file,
/// its preprocessing, and the images' shape and pixels. Files are verified when read; if a file is damaged, foreign or
/// missing, its features are computed again. The folder may be deleted at any time.
#[derive(Debug, Clone)]
pub struct FeatureCache {
    folder: PathBuf,
}

impl FeatureCache {
    /// A cache in this folder; the first write creates the folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The features of images, from the cache or from the network. A failure to write the cache is ignored, because it
    /// only costs time later.
    ///
    /// # Errors
    ///
    /// As [`FeatureNetwork::features`].
    pub fn features(&self, network: &FeatureNetwork, images: &Images) -> Result<Features> {
        let key = key(network, images);
        let path = self.folder.join(format!("{key}.safetensors"));
        if let Some(features) = read(&path, &key, images.count()) {
            return Ok(features);
        }
        let features = network.features(images)?;
        let _ = write_atomically(&path, &encode(&features, &key));
        Ok(features)
    }
}

fn key(network: &FeatureNetwork, images: &Images) -> String {
    let mut hash = Sha256::new();
    hash.update(network.sha256());
    hash.update(format!("{:?}", network.preprocessing()));
    hash.update((images.channels as u64).to_le_bytes());
    hash.update((images.size as u64).to_le_bytes());
    hash.update(&images.pixels);
    hex(hash)
}

fn digest(key: &str, bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(key).chain_update(bytes))
}

fn encode(features: &Features, key: &str) -> Vec<u8> {
    let bytes: Vec<u8> = features.values().iter().flat_map(|value| value.to_le_bytes()).collect();
    let metadata = HashMap::from([(DIGEST.to_owned(), digest(key, &bytes))]);
    let shape = vec![features.count(), features.dimensions()];
    let view = TensorView::new(Dtype::F32, shape, &bytes).expect("the bytes match the shape");
    safetensors::serialize([(NAME, view)], Some(metadata)).expect("one tensor can be written")
}

/// The features in a file; none unless its digest matches the key and its count is right.
fn read(path: &Path, key: &str, count: usize) -> Option<Features> {
    let bytes = read_at_most(path, MAX_BYTES).ok()??;
    let (_, header) = SafeTensors::read_metadata(&bytes).ok()?;
    let file = SafeTensors::deserialize(&bytes).ok()?;
    let view = file.tensor(NAME).ok()?;
    let &[rows, dimensions] = view.shape() else { return None };
    let written = header.metadata().as_ref()?.get(DIGEST)?;
    if view.dtype() != Dtype::F32 || rows != count || *written != digest(key, view.data()) {
        return None;
    }
    let values = view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    Features::new(dimensions, values).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn features_come_back_and_what_is_damaged_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        let features = Features::new(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let bytes = encode(&features, "key");
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path, "key", 3), Some(features));
        assert_eq!(read(&path, "key", 2), None, "another count of images");
        assert_eq!(read(&path, "other", 3), None);
        for at in [0, 9, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            fs::write(&path, damaged).unwrap();
            assert_eq!(read(&path, "key", 3), None, "byte {at}");
        }
        assert_eq!(read(&folder.path().join("none"), "key", 3), None);
    }

    #[test]
    fn a_cache_gives_what_the_network_gives() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeatureCache::new(&folder.path().join("made/here"));
        let network = FeatureNetwork::embedded().unwrap();
        let images = Images { channels: 1, size: 8, pixels: (0..3 * 64).map(|at| at as u8).collect(), classes: None };
        let taken = network.features(&images).unwrap();
        assert_eq!(cache.features(&network, &images).unwrap(), taken);
        let files: Vec<_> = fs::read_dir(folder.path().join("made/here")).unwrap().collect();
        assert_eq!(files.len(), 1);
        assert_eq!(cache.features(&network, &images).unwrap(), taken);
        let other = Images { size: 4, ..images };
        assert_ne!(cache.features(&network, &other).unwrap(), taken);
    }
}
