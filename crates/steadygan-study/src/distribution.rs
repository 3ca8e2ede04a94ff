//! The quantiles and probabilities from which intervals are computed.

use statrs::distribution::{Beta, ChiSquared, ContinuousCDF, Normal, StudentsT};

/// The quantile of Student's t with `freedom` degrees of freedom, which need not be a whole number. If it is infinite:
/// the quantile of the normal distribution.
pub fn t_quantile(probability: f64, freedom: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom) {
        Ok(t) if freedom.is_finite() => t.inverse_cdf(probability),
        _ => Normal::standard().inverse_cdf(probability),
    }
}

/// Number of quantiles with which a mean over a distribution is computed: enough for three decimals of Dunnett's table.
const QUANTILES: usize = 48;

/// Probabilities with weights, for computing a mean over a distribution from its quantiles: the midpoint rule in u with
/// p = u²(3 − 2u), which puts more of the quantiles into the tails.
fn shares() -> impl Iterator<Item = (f64, f64)> {
    (0..QUANTILES).map(|number| {
        let u = (number as f64 + 0.5) / QUANTILES as f64;
        (u * u * (3.0 - 2.0 * u), 6.0 * u * (1.0 - u) / QUANTILES as f64)
    })
}

/// Values of a quantity with weights that sum to one.
type WeightedValues = Vec<(f64, f64)>;

/// The distribution of x, the ratio of an estimated standard deviation to the true one: x² ~ χ²/freedom.
fn deviations(freedom: f64) -> WeightedValues {
    match ChiSquared::new(freedom) {
        Ok(chi) if freedom.is_finite() => {
            shares().map(|(p, weight)| ((chi.inverse_cdf(p) / freedom).sqrt(), weight)).collect()
        }
        _ => vec![(1.0, 1.0)],
    }
}

fn mean(over: &WeightedValues, of: impl Fn(f64) -> f64) -> f64 {
    over.iter().map(|(value, weight)| weight * of(*value)).sum()
}

/// How the estimates in a family of intervals depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependence {
    /// They may depend on each other in any way.
    Unknown,
    /// Each is a difference from one and the same mean, so that any two have correlation ½.
    CommonReference,
}

/// The half-width, in standard errors, at which `count` intervals hold all at once with probability `confidence`.
///
/// [`Dependence::Unknown`] uses Šidák's inequality (1967): Student's t at probability `confidence^(1/count)` for each
/// interval. For independent estimates with a common standard error this is a little wider than the studentised maximum
/// modulus. [`Dependence::CommonReference`] uses Dunnett's value (1955), because Šidák's would be too wide.
pub fn critical_value(confidence: f64, count: usize, freedom: f64, dependence: Dependence) -> f64 {
    let each = confidence.powf(1.0 / count.max(1) as f64);
    let widest = t_quantile(f64::midpoint(1.0, each), freedom);
    if dependence == Dependence::Unknown || count < 2 {
        return widest;
    }
    let narrowest = t_quantile(f64::midpoint(1.0, confidence), freedom);
    let normals: WeightedValues = shares().map(|(p, weight)| (t_quantile(p, f64::INFINITY), weight)).collect();
    let deviations = deviations(freedom);
    solve(narrowest, widest, |critical| dunnett(critical, count, &normals, &deviations) - confidence)
}

/// The probability that `count` differences from one mean all lie within `critical` estimated standard errors:
/// E (Φ(z + √2·critical·x) − Φ(z − √2·critical·x))^count over the mean's error z and the ratio x of estimated to true
/// standard deviation.
fn dunnett(critical: f64, count: usize, normals: &WeightedValues, deviations: &WeightedValues) -> f64 {
    let normal = Normal::standard();
    mean(deviations, |x| {
        let width = 2f64.sqrt() * critical * x;
        mean(normals, |z| (normal.cdf(z + width) - normal.cdf(z - width)).powi(count as i32))
    })
}

/// The point between `low` and `high` at which an increasing function crosses zero, by bisection.
fn solve(mut low: f64, mut high: f64, rises: impl Fn(f64) -> f64) -> f64 {
    // Fourteen halvings of an interval a few units long give three decimals, as many as the means over quantiles have.
    for _ in 0..14 {
        let middle = f64::midpoint(low, high);
        if rises(middle) < 0.0 { low = middle } else { high = middle }
    }
    high
}

/// The probability that an effect of `ratio` true standard errors is found: that an interval of ± `critical` estimated
/// standard errors does not contain zero. The estimate of the standard error has `freedom` degrees of freedom.
///
/// It is E Φ(ratio − critical·x) + Φ(−ratio − critical·x) over the ratio x of estimated to true standard deviation: the
/// tails of the noncentral t.
pub fn power(ratio: f64, critical: f64, freedom: f64) -> f64 {
    power_over(ratio, critical, &deviations(freedom))
}

fn power_over(ratio: f64, critical: f64, deviations: &WeightedValues) -> f64 {
    let normal = Normal::standard();
    mean(deviations, |x| normal.cdf(ratio - critical * x) + normal.cdf(-ratio - critical * x))
}

/// The size of an effect, in true standard errors, that is found with probability `wanted`.
pub fn detectable_ratio(wanted: f64, critical: f64, freedom: f64) -> f64 {
    let deviations = deviations(freedom);
    let missing = |ratio: f64| power_over(ratio, critical, &deviations) - wanted;
    let mut high = critical;
    while missing(high) < 0.0 {
        high *= 2.0;
    }
    solve(0.0, high, missing)
}

/// The upper end of the one-sided interval of a standard deviation that was estimated with `freedom` degrees of
/// freedom.
pub fn upper_deviation(deviation: f64, freedom: f64, confidence: f64) -> f64 {
    match ChiSquared::new(freedom) {
        Ok(chi) if freedom.is_finite() => deviation * (freedom / chi.inverse_cdf(1.0 - confidence)).sqrt(),
        _ => deviation,
    }
}

/// The two-sided interval of the probability of an event that happened in `hits` of `trials` (Clopper and Pearson
/// 1934). It holds with at least the stated confidence.
pub fn clopper_pearson(hits: usize, trials: usize, confidence: f64) -> [f64; 2] {
    let tail = (1.0 - confidence) / 2.0;
    let (hit, missed) = (hits as f64, (trials - hits) as f64);
    // No hit in n trials puts the upper bound at 1 − tail^(1/n).
    let none = |trials: usize| 1.0 - tail.powf(1.0 / trials as f64);
    let bound = |a, b, p| Beta::new(a, b).map_or(f64::NAN, |beta| beta.inverse_cdf(p));
    let low = match hits {
        0 => 0.0,
        hits if hits == trials => 1.0 - none(trials),
        _ => bound(hit, missed + 1.0, tail),
    };
    let high = match hits {
        0 => none(trials),
        hits if hits == trials => 1.0,
        _ => bound(hit + 1.0, missed, 1.0 - tail),
    };
    [low, high]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() < within, "{found} instead of {expected}");
    }

    /// Values from tables of Student's t, to three decimals.
    #[test]
    fn quantiles_of_t() {
        for (probability, freedom, expected) in [
            (0.975, 1.0, 12.706),
            (0.975, 2.0, 4.303),
            (0.995, 5.0, 4.032),
            (0.95, 10.0, 1.812),
            (0.975, 23.0, 2.069),
            (0.9995, 120.0, 3.373),
            (0.975, f64::INFINITY, 1.960),
        ] {
            close(t_quantile(probability, freedom), expected, 6e-4);
        }
    }

    /// Two comparisons with infinite degrees of freedom: Φ⁻¹((1 + √0.95)/2) = 2.2365.
    #[test]
    fn simultaneous_intervals_are_wider() {
        let critical = |count, freedom| critical_value(0.95, count, freedom, Dependence::Unknown);
        close(critical(2, f64::INFINITY), 2.2365, 1e-4);
        close(critical(1, 23.0), t_quantile(0.975, 23.0), 1e-12);
        assert!(critical(11, 23.0) > critical(10, 23.0));
    }

    /// Dunnett's table of two-sided comparisons with one control at 5% (Biometrics 20, 1964).
    #[test]
    fn differences_from_one_mean_are_dunnetts() {
        for (count, freedom, expected) in [
            (1, 10.0, 2.23),
            (2, 10.0, 2.57),
            (9, 10.0, 3.24),
            (3, 20.0, 2.54),
            (9, 20.0, 2.95),
            (2, f64::INFINITY, 2.21),
            (9, f64::INFINITY, 2.69),
        ] {
            close(critical_value(0.95, count, freedom, Dependence::CommonReference), expected, 6e-3);
        }
    }

    /// Cohen's example of a one-sample test: n = 20 and d = 0.5 at 5% two-sided have power 0.565.
    #[test]
    fn power_of_a_t_test() {
        close(power(0.5 * 20f64.sqrt(), t_quantile(0.975, 19.0), 19.0), 0.565, 2e-3);
        close(power(0.0, t_quantile(0.975, 7.0), 7.0), 0.05, 1e-3);
        // Φ(2.8 − 1.96), plus the other tail, which is negligible.
        close(power(2.8, 1.959_964, f64::INFINITY), 0.7995, 1e-3);
        close(power(detectable_ratio(0.8, 3.1, 23.0), 3.1, 23.0), 0.8, 1e-3);
    }

    /// Clopper and Pearson's intervals for 0 and 3 of 10, and the closed form 1 − 0.025^(1/n) at the ends.
    #[test]
    fn intervals_of_a_rate() {
        let [low, high] = clopper_pearson(0, 10, 0.95);
        assert_eq!(low, 0.0);
        close(high, 1.0 - 0.025f64.powf(0.1), 1e-6);
        let [low, high] = clopper_pearson(3, 10, 0.95);
        close(low, 0.0667, 1e-4);
        close(high, 0.6525, 1e-4);
        let [low, high] = clopper_pearson(10, 10, 0.95);
        close(low, 0.025f64.powf(0.1), 1e-6);
        assert_eq!(high, 1.0);
    }

    /// χ² with 2 degrees of freedom has the quantile −2 ln(1 − p).
    #[test]
    fn a_deviation_from_three_runs_may_be_far_larger() {
        close(upper_deviation(1.0, 2.0, 0.8), (1.0 / -(0.8f64.ln())).sqrt(), 1e-6);
    }
}
