//! Which effects stand out when no row has replicates: Lenth's method.

use crate::distribution::{Dependence, critical_value, t_quantile};
use serde::{Deserialize, Serialize};

/// The scale of unreplicated effects, and how large one must be to stand out (Lenth 1989, "Quick and easy analysis of unreplicated
/// factorials", Technometrics 31).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lenth {
    /// The pseudo standard error: 1.5 times the median of the absolute effects below 2.5 s₀, where s₀ is 1.5 times the
    /// median of all absolute effects.
    pub pseudo_error: f64,
    /// The margin of error of one effect by itself.
    pub margin: f64,
    /// The margin of error of all effects at once.
    pub simultaneous: f64,
}

/// Lenth's scale of the effects. They must be independent and of equal variance, and only few may be large. Lenth's
/// degrees of freedom are a third of the number of effects. `None` for fewer than three effects.
pub fn lenth(effects: &[f64], confidence: f64) -> Option<Lenth> {
    if effects.len() < 3 {
        return None;
    }
    let mut sizes: Vec<f64> = effects.iter().map(|effect| effect.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let first = 1.5 * median(&sizes);
    let small: Vec<f64> = sizes.iter().copied().filter(|size| *size < 2.5 * first).collect();
    let pseudo_error = if small.is_empty() { 0.0 } else { 1.5 * median(&small) };
    let freedom = effects.len() as f64 / 3.0;
    Some(Lenth {
        pseudo_error,
        margin: t_quantile(f64::midpoint(1.0, confidence), freedom) * pseudo_error,
        simultaneous: critical_value(confidence, effects.len(), freedom, Dependence::Unknown) * pseudo_error,
    })
}

/// The median of sorted values.
fn median(values: &[f64]) -> f64 {
    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For fifteen effects Lenth's table has t(0.975; 5) = 2.57 for one effect and 5.22 for all at once.
    #[test]
    fn fifteen_effects_by_hand() {
        // Thirteen effects of 1 and two large ones: s₀ = 1.5, and both large ones are above 2.5 s₀ = 3.75. So the
        // pseudo standard error is 1.5 times the median of thirteen ones.
        let mut effects = [1.0; 15];
        (effects[3], effects[8]) = (-20.0, 8.0);
        let found = lenth(&effects, 0.95).unwrap();
        assert_eq!(found.pseudo_error, 1.5);
        assert!(
            (found.margin / 1.5 - 2.57).abs() < 5e-3 && (found.simultaneous / 1.5 - 5.22).abs() < 5e-3,
            "{found:?}"
        );
    }

    #[test]
    fn degenerate_effects() {
        assert_eq!(lenth(&[1.0, 2.0], 0.95), None);
        assert_eq!(lenth(&[0.0; 5], 0.95).unwrap().simultaneous, 0.0);
    }
}
