//! The embedded set: Fashion-MNIST's 10,000 test images.

use std::path::PathBuf;

use super::contents::{Contents, Naming};
use super::name::Name;
use super::{DataPlan, Door, Sink, idx};
use crate::error::Result;

/// Opens `"embedded"` and `"fashion"`; a user's folder called `fashion` is given as `./fashion`.
pub(super) struct Embedded;

impl Door for Embedded {
    fn description(&self) -> &'static str {
        "\"embedded\" (Fashion-MNIST)"
    }

    fn recognises(&self, source: &str) -> bool {
        matches!(source, "embedded" | "fashion")
    }

    fn read(&self, _: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let images = idx::read(steadygan_assets::FASHION_IMAGES, "the embedded images")?;
        let classes = idx::read(steadygan_assets::FASHION_CLASSES, "the embedded classes")?;
        let mut contents = idx::send_images("fashion".to_owned(), &images, Some(classes), sink)?;
        if let Naming::Numbers(Some(classes)) = &mut contents.naming {
            classes.names = steadygan_assets::FASHION_CLASS_NAMES.map(str::to_owned).to_vec();
        }
        Ok(contents)
    }

    fn files(&self, _: &str, _: usize) -> Vec<(Name, PathBuf)> {
        Vec::new()
    }
}
