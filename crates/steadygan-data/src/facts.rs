//! What a plan needs to know of the data.

use super::{Dataset, Samples};
use crate::class::Class;

/// What a plan needs to know of the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFacts {
    /// Channels of a sample.
    pub channels: usize,
    /// The data's classes and how many training images each has; empty if the data has no classes.
    pub classes: Vec<Class>,
}

/// Facts for data of which only the channels are known. It assumes two classes, so that a plan may use classes.
impl From<usize> for DataFacts {
    fn from(channels: usize) -> Self {
        let classes = ["0", "1"].map(|name| Class { name: name.to_owned(), images: 1 });
        Self { channels, classes: classes.into() }
    }
}

impl From<&Dataset> for DataFacts {
    fn from(data: &Dataset) -> Self {
        let mut images = vec![0; data.class_names.len()];
        if let Samples::Images(of) = &data.train {
            of.classes.iter().flatten().for_each(|class| images[*class as usize] += 1);
        }
        let classes = data.class_names.iter().cloned().zip(images);
        let classes = classes.map(|(name, images)| Class { name, images }).collect();
        Self { channels: data.train.shape()[0], classes }
    }
}
