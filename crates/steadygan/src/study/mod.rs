//! Which heuristics matter on this data: a designed experiment over recipes.
//!
//! A study asks ([`StudyRecipe`], the file `STUDY.toml`), is planned ([`Design`] decides the rows, [`detectable`] what they can show), run, and
//! analysed ([`analyse()`]). This module is the mathematics and the formats; it trains nothing and draws no random numbers.
//!
//! A *factor* is a heuristic or another recipe key with the levels to be compared, a *row* is one level of each factor, and each row is run
//! with several *seeds*. The response is the logarithm of a distance between fakes and reals: lower is better, and an effect of −0.1 is a
//! distance 10% smaller.

mod analyse;
mod asked;
mod contrast;
mod design;
mod distribution;
mod factor;
mod plan;
mod recommend;
mod record;
#[cfg(test)]
mod simulation;

pub use analyse::{
    Analysis, Arm, Decided, Effect, Estimate, Failures, Interval, Lenth, Noise, Score, Scores, Settings, Verdict,
    analyse, detectable, estimate, lenth, scored, verdict,
};
pub use asked::{AskedControl, Budget, DistanceKind, Seeds, StudyRecipe};
pub use contrast::{Contrast, Term};
pub use design::{Alias, Design, Row, Rung, survivors};
pub use distribution::{
    Together, clopper_pearson, critical_value, detectable_ratio, power, t_quantile, upper_deviation,
};
pub use factor::Factor;
pub use recommend::{Confirmation, confirm, recommend};
pub use record::{ControlRecord, FORMAT_VERSION, RunRecord, StudyPlan, StudyRecord, StudyResults};
