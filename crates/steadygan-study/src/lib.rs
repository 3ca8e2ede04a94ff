//! Which heuristics matter on this data: a designed experiment over recipes.
//!
//! A study goes from the question ([`StudyRecipe`], the file `STUDY.toml`) to a plan ([`Design`] chooses the rows,
//! [`detectable`] computes which effects they can show), then its runs are trained and analysed ([`analyse()`]). Each
//! run is trained in a process of its own ([`execute()`]); everything else here is mathematics and file formats.
//!
//! A *factor* is a heuristic or another recipe key, with the levels to compare. A *row* has one level of each factor,
//! and each row is run with several *seeds*. The response is the logarithm of a distance between fakes and reals: lower
//! is better, and an effect of −0.1 is a distance 10% smaller.

mod analyse;
mod asked;
mod calibrate;
mod choice;
mod collect;
mod conduct;
mod contrast;
mod design;
mod distribution;
mod execute;
mod extent;
mod factor;
mod plan;
mod question;
mod recipes;
mod recommend;
mod record;
mod response;
mod search;
#[cfg(test)]
mod simulation;

pub use analyse::{
    Analysis, Arm, Decided, Effect, Estimate, Evidence, Failures, Interval, Lenth, Noise, Score, Scores, Settings,
    Verdict, analyse, detectable, lenth, scored, verdict,
};
pub use asked::{AskedControl, Budget, DistanceKind, Seeds, StudyRecipe};
pub use calibrate::{Costs, calibrate};
pub use collect::{Rivals, collect, write_recommended};
pub use conduct::{Found, Study, Unplanned};
pub use contrast::{Contrast, Term};
pub use design::{Alias, Design, Row, Rung, survivors};
pub use distribution::{
    Together, clopper_pearson, critical_value, detectable_ratio, power, t_quantile, upper_deviation,
};
pub use execute::{Task, Trainer, Watch, execute};
pub use extent::{EXPECTED_NOISE, FRESH_SEEDS, in_words};
pub use factor::Factor;
pub use plan::{Basis, Extent};
pub use question::{Measured, Question};
pub use recipes::Job;
pub use recommend::{Confirmation, confirm, recommend};
pub use record::{ControlRecord, FORMAT_VERSION, RunRecord, Scale, StudyPlan, StudyRecord, StudyResults};
pub use search::search;
