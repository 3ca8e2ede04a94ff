//! Old networks, which replace the current opponents for a while.

use super::{Every, Networks};
use crate::heuristics::Memory;
use crate::class::Classed;
use crate::labels::Moment;
use crate::nn::{self, Network, Pass, load_tensors, named_tensors};
use crate::plan::Plan;
use burn::module::Module;
use burn::prelude::*;
use rand_distr::{Distribution, Uniform};
use std::collections::{BTreeMap, VecDeque};

/// The tensors of a network by name.
type Tensors = BTreeMap<String, TensorData>;

/// The tensors of both networks at an earlier time.
#[derive(Debug, Default)]
struct Snapshot {
    generator: Tensors,
    discriminator: Tensors,
}

impl Snapshot {
    fn of(generator: &Network, discriminator: &Network) -> Self {
        let tensors = |network: &Network| {
            named_tensors(network).into_iter().map(|tensor| (tensor.name, tensor.data)).collect::<Tensors>()
        };
        Self { generator: tensors(generator), discriminator: tensors(discriminator) }
    }
}

/// The snapshots that are kept, and the old networks that are swapped in. These depend only on the number of images and
/// the snapshots, so that a checkpoint needs the snapshots only.
#[derive(Debug)]
pub(super) struct Past {
    settings: Networks,
    plan: Plan,
    /// From the oldest to the newest.
    kept: VecDeque<Snapshot>,
    /// The old generator and discriminator that are swapped in now.
    swapped: Option<(Network, Network)>,
}

impl Past {
    pub(super) fn new(settings: Networks, plan: &Plan) -> Self {
        Self { settings, plan: plan.clone(), kept: VecDeque::new(), swapped: None }
    }

    /// Takes a snapshot if one is due, and swaps old networks in or out.
    pub(super) fn before_round(&mut self, generator: &Network, discriminator: &Network, moment: &Moment) {
        let Networks { every: Every(every), span: Every(span), keep } = self.settings;
        let since = moment.images % every;
        if moment.images < every {
            return;
        }
        if since < self.plan.train.round() {
            self.swapped = None;
            self.kept.push_back(Snapshot::of(generator, discriminator));
            if self.kept.len() > keep {
                self.kept.pop_front();
            }
        }
        if since >= span {
            self.swapped = None;
        } else if self.swapped.is_none() && self.kept.len() > 1 {
            let start = Moment { images: moment.images - since, ..*moment };
            let old = Uniform::new(0, self.kept.len() - 1).expect("there is an older snapshot");
            let Snapshot { generator: old_generator, discriminator: old_discriminator } =
                &self.kept[old.sample(&mut start.stream("replay/networks"))];
            let load = |network: &Network, tensors| {
                load_tensors(network.clone(), tensors).expect("taken here, or checked on restore").no_grad()
            };
            self.swapped = Some((load(generator, old_generator), load(discriminator, old_discriminator)));
        }
    }

    /// Replaces the fakes by the old generator's fakes of the same classes, if an old generator is swapped in.
    pub(super) fn replace(&self, fakes: &mut Classed, moment: &Moment) {
        let Some((generator, _)) = &self.swapped else { return };
        let (model, [count, ..]) = (&self.plan.model, fakes.images.dims());
        let values = model.latent_distribution.sample(count, model.latent, &mut moment.stream("replay/latent"));
        let device = fakes.images.device();
        let latents = Tensor::from_data(TensorData::new(values, [count, model.latent, 1, 1]), &device);
        let mut pass = Pass::train().with_noise(moment.stream("replay/noise")).with_classes(&fakes.classes);
        fakes.images = generator.forward(latents, &mut pass).detach();
    }

    /// The old discriminator, if one is swapped in.
    pub(super) fn discriminator(&self) -> Option<&Network> {
        self.swapped.as_ref().map(|(_, discriminator)| discriminator)
    }

    /// The tensors of all snapshots; a name has the snapshot's place, the network and the tensor's own name.
    pub(super) fn tensors(&self) -> impl Iterator<Item = (String, TensorData)> {
        self.kept.iter().enumerate().flat_map(|(place, snapshot)| {
            let of = move |role: &'static str, tensors: &Tensors| {
                let named = tensors.iter().map(|(name, data)| (prefix(place, role) + name, data.clone()));
                named.collect::<Vec<_>>()
            };
            [of("generator", &snapshot.generator), of("discriminator", &snapshot.discriminator)].concat()
        })
    }

    /// As [`Hook::restore`](crate::heuristics::Hook::restore).
    pub(super) fn restore(&mut self, memory: &Memory) -> Result<(), String> {
        let part = |place, role| -> Tensors {
            let prefix = prefix(place, role);
            let named = memory.tensors.iter().filter_map(|(name, data)| Some((name.strip_prefix(&prefix)?, data)));
            named.map(|(name, data)| (name.to_owned(), data.clone())).collect()
        };
        let (model, seed, device) = (&self.plan.model, self.plan.seed, Device::flex());
        let (like_generator, like_discriminator) =
            (nn::generator(model, seed, &device), nn::discriminator(model, seed, &device));
        let fits = |network: &Network, tensors: &Tensors| {
            load_tensors(network.clone(), tensors).map(drop).map_err(|error| error.to_string())
        };
        self.kept.clear();
        for place in 0..self.settings.keep {
            let (generator, discriminator) = (part(place, "generator"), part(place, "discriminator"));
            if generator.is_empty() {
                break;
            }
            fits(&like_generator, &generator)?;
            fits(&like_discriminator, &discriminator)?;
            self.kept.push_back(Snapshot { generator, discriminator });
        }
        Ok(())
    }
}

/// The prefix of the names of a snapshot's tensors.
fn prefix(place: usize, role: &str) -> String {
    format!("networks.{place}.{role}.")
}
