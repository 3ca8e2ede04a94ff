//! Which heuristics matter on this data: a designed experiment over recipes.
//!
//! A study goes from the question ([`StudyRecipe`], the file `STUDY.toml`) to a plan ([`Design`] chooses the rows,
//! [`detectable`] computes which effects they can show), then its runs are trained and analysed ([`analyse()`]). Each
//! run is trained in a process of its own ([`execute()`]); everything else here is mathematics and file formats.
//!
//! A *factor* is a heuristic or another recipe key, with the levels to compare. A *row* has one level of each factor,
//! and each row is run with several *seeds*. The response is the logarithm of a distance between fakes and reals: lower
//! is better, and an effect of −0.1 is a distance 10% smaller.

mod alias;
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
mod factor;
mod noise;
mod plan;
mod question;
mod recipes;
mod recommend;
mod record;
mod response;
mod search;
mod settings;
#[cfg(test)]
mod simulation;
mod size;

pub use alias::Alias;
pub use analyse::{
    Analysis, Arm, Effect, EffectEstimate, EffectEstimator, Failures, Interval, Lenth, Score, Scores, Verdict,
    VerdictSource, analyse, detectable, lenth, score, verdict,
};
pub use asked::{AskedControl, Budget, DistanceKind, Seeds, StudyRecipe};
pub use calibrate::{Costs, calibrate};
pub use collect::{ConfirmationPlan, collect, write_recommended};
pub use conduct::{Study, StudyFolder, UnplannedStudy};
pub use contrast::{Contrast, Term};
pub use design::{Design, Row, SearchStage, survivors};
pub use distribution::{
    Dependence, clopper_pearson, critical_value, detectable_ratio, power, t_quantile, upper_deviation,
};
pub use execute::{Task, Trainer, Watch, execute};
pub use factor::Factor;
pub use noise::Noise;
pub use plan::{ControlRecord, DistanceRange, PlanBasis, StudyPlan};
pub use question::{Question, StudySize};
pub use recipes::Job;
pub use recommend::{Confirmation, confirm, recommend};
pub use record::{FORMAT_VERSION, RunRecord, StudyRecord, StudyResults};
pub use search::search;
pub use settings::VerdictSettings;
pub use size::{EXPECTED_NOISE, FRESH_SEEDS, duration_in_words};
