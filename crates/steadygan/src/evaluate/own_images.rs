//! The images of a run: those that it was trained on, and those that it held out.

use super::Request;
use crate::data::{self, DataPlan, Images, Origins, Samples};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::run::located_in;
use steadygan_run::RunDirectory;

/// The images that a run was trained on, those that it held out, and what they were.
pub(super) struct OwnImages {
    pub(super) train: Images,
    pub(super) holdout: Images,
    pub(super) origins: Origins,
}

/// Loads a run's own images from where it found them or, if they are not there any more, from `--against`; an error unless
/// the data's fingerprint is unchanged.
pub(super) fn own_images(plan: &Plan, run: &RunDirectory, request: &Request, fingerprint: &str) -> Result<OwnImages> {
    let here = images_of(&located_in(plan, run).data, fingerprint);
    match (&request.against, here) {
        (Some(source), Err(error)) => {
            images_of(&DataPlan { source: source.clone(), ..plan.data.clone() }, fingerprint).map_err(|_| error)
        }
        (_, here) => here,
    }
}

fn images_of(plan: &DataPlan, fingerprint: &str) -> Result<OwnImages> {
    let hint = "name the reals: --against DATA";
    let (data, origins) = data::load_with_origins(plan).map_err(|error| error.with_hint(hint))?;
    if data.fingerprint != fingerprint {
        let message = format!("the images of `{}` are not those that the run was trained on", plan.source);
        return Err(Error::data(message, hint));
    }
    match (data.train, data.holdout) {
        (Samples::Images(train), Samples::Images(holdout)) => Ok(OwnImages { train, holdout, origins }),
        _ => Err(Error::data(format!("{} are no images", plan.source), hint)),
    }
}
