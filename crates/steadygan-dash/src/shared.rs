//! What all connections to the dashboard share.

use crate::events::Listeners;
use crate::folder::Folder;
use crate::guard::Guard;
use crate::rate_limit::RateLimit;
use crate::sampler::Sampler;
use crate::store::Store;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Arc<Store>,
    pub(crate) guard: Guard,
    pub(crate) listeners: Arc<Listeners>,
    pub(crate) rate_limit: RateLimit,
    /// Draws images, if there is a program for it.
    pub(crate) sampler: Option<Sampler>,
}

impl Shared {
    pub(crate) fn new(folder: Folder, guard: Guard) -> Self {
        let store = Arc::new(Store::new(folder));
        Self { store, guard, listeners: Arc::default(), rate_limit: RateLimit::default(), sampler: None }
    }
}
