//! The embedded set: Fashion-MNIST's 10,000 test images.

use super::{DataPlan, Door, Loaded, idx};
use crate::error::Result;

/// Opens `"embedded"` and `"fashion"`; a folder of that name is `./fashion`.
pub(super) struct Embedded;

impl Door for Embedded {
    fn reads(&self) -> &'static str {
        "\"embedded\" (Fashion-MNIST)"
    }

    fn opens(&self, source: &str) -> bool {
        matches!(source, "embedded" | "fashion")
    }

    fn read(&self, plan: &DataPlan) -> Result<Loaded> {
        let images = idx::read(steadygan_assets::FASHION_IMAGES, "the embedded images")?;
        let classes = idx::read(steadygan_assets::FASHION_CLASSES, "the embedded classes")?;
        let mut loaded = idx::load(plan, "fashion".to_owned(), images, Some(classes))?;
        loaded.class_names = steadygan_assets::FASHION_CLASS_NAMES.map(str::to_owned).to_vec();
        Ok(loaded)
    }
}
