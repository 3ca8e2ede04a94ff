//! Features: a row of numbers for each image, computed by a network.

use std::fmt;

use crate::error::{Error, Result};

/// Rows of features, one for each sample; all values are finite.
#[derive(Clone, PartialEq)]
pub struct Features {
    dimensions: usize,
    values: Vec<f32>,
}

impl Features {
    /// Rows of `dimensions` features.
    ///
    /// # Errors
    ///
    /// The values do not make whole rows, or a value is not finite. NaN would make every distance NaN.
    pub fn new(dimensions: usize, values: Vec<f32>) -> Result<Self> {
        let hint = "look at the images and at what the network was trained on";
        if dimensions == 0 || !values.len().is_multiple_of(dimensions) {
            let message = format!("{} numbers are no rows of {dimensions} features", values.len());
            return Err(Error::data(message, hint));
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let message = format!("the features of sample {} are not finite ({})", at / dimensions, values[at]);
            return Err(Error::data(message, hint));
        }
        Ok(Self { dimensions, values })
    }

    /// How many samples there are.
    pub fn count(&self) -> usize {
        self.values.len() / self.dimensions
    }

    /// The number of features of each sample.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// All values, row after row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The features of one sample.
    ///
    /// # Panics
    ///
    /// If there is no such sample.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.dimensions..][..self.dimensions]
    }

    /// The rows of the samples with these numbers.
    ///
    /// # Panics
    ///
    /// If a number is not below the count.
    pub fn select(&self, indices: &[usize]) -> Self {
        let values = indices.iter().flat_map(|&index| self.row(index)).copied().collect();
        Self { dimensions: self.dimensions, values }
    }

    /// An error unless both have the same number of features and at least `least` samples.
    pub(super) fn comparable(&self, other: &Self, least: usize) -> Result<()> {
        if self.dimensions != other.dimensions {
            let message = format!("{} features are compared with {}", self.dimensions, other.dimensions);
            return Err(Error::data(message, "take the features of both with one network"));
        }
        let fewest = self.count().min(other.count());
        if fewest < least {
            return Err(Error::data(
                format!("{fewest} samples are too few: this metric needs {least} on each side"),
                "compare more images",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Features({} × {})", self.count(), self.dimensions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_selected_in_the_order_that_is_asked_for() {
        let features = Features::new(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!((features.count(), features.dimensions(), features.row(1)), (3, 2, &[3.0, 4.0][..]));
        assert_eq!(features.select(&[2, 0]).values(), [5.0, 6.0, 1.0, 2.0]);
    }

    #[test]
    fn what_is_not_finite_is_refused_naming_the_sample() {
        let error = Features::new(2, vec![0.0, 1.0, f32::NAN, 0.0]).unwrap_err();
        assert_eq!(error.to_string(), "the features of sample 1 are not finite (NaN)");
        let error = Features::new(2, vec![0.0; 3]).unwrap_err();
        assert_eq!(error.to_string(), "3 numbers are no rows of 2 features");
    }

    #[test]
    fn features_of_two_networks_are_not_compared() {
        let of = |dimensions, count| Features::new(dimensions, vec![0.0; dimensions * count]).unwrap();
        let error = of(2, 9).comparable(&of(3, 9), 2).unwrap_err();
        assert_eq!(error.to_string(), "2 features are compared with 3");
        let error = of(2, 9).comparable(&of(2, 4), 5).unwrap_err();
        assert_eq!(error.to_string(), "4 samples are too few: this metric needs 5 on each side");
        of(2, 5).comparable(&of(2, 5), 5).unwrap();
    }
}
