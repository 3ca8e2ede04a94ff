//! Finds the tensors of a network in a file.
//!
//! A file has them under the network's names, or below a prefix: PyTorch's wrappers put their own names in front
//! (`module.`, `_orig_mod.`), so do the classes of programs (`netG.`), and a nested state dict has an entry for each
//! network. The tensors below a prefix are the network's if they have its names and shapes and there are no others.

use super::{Contents, FileTensor, Refusal, Tensors, not_finite};
use crate::nn::{Network, named_tensors};
use burn::prelude::TensorData;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// The most names in a message.
const MAX_NAMED: usize = 8;

const OTHER_SETTINGS: &str = "data.size, data.channels, model.width, model.latent and some heuristics must be those that the file was \
                              made with; `steadygan summary` shows the recipe's networks";

/// Why a file's tensors are not a network's.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) refusal: Refusal,
    /// How many tensors have a name and shape of the network's.
    pub(super) matching: usize,
    /// Whether all have: the file is meant for this network, but cannot be used.
    pub(super) is_whole: bool,
}

/// The name and shape of each tensor of a network, in the order of its layers.
type Wanted = Vec<(String, Vec<usize>)>;

/// The network's tensors, by the network's names.
pub(super) fn fitting_tensors(network: &Network, contents: &Contents) -> Result<Tensors, Misfit> {
    let wanted: Wanted =
        named_tensors(network).into_iter().map(|tensor| (tensor.name, tensor.data.shape().to_vec())).collect();
    let places: Vec<Place> = prefixes(contents, &wanted).map(|prefix| Place::below(prefix, contents)).collect();
    let (fitting, others): (Vec<_>, Vec<_>) = places.into_iter().partition(|place| place.difference(&wanted).is_none());
    let whole = |refusal| Misfit { refusal, matching: wanted.len(), is_whole: true };
    match &fitting[..] {
        [place] => place.floats().map_err(whole),
        [] => {
            let closest = others.iter().rev().max_by_key(|place| place.matching(&wanted));
            let matching = closest.map_or(0, |place| place.matching(&wanted));
            Err(Misfit { refusal: refusal(closest, contents, &wanted), matching, is_whole: false })
        }
        several => {
            let prefixes = several.iter().map(|place| place.prefix.trim_end_matches('.'));
            let why = format!("holds the network's weights more than once: {}", listed(prefixes));
            Err(whole(Refusal::new(why, "save the ones that are meant in a file of their own")))
        }
    }
}

/// What stands before a name of the network's in any of the file's names.
fn prefixes<'a>(contents: &'a Contents, wanted: &Wanted) -> impl Iterator<Item = &'a str> {
    let wanted: BTreeSet<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    let mut prefixes = BTreeSet::new();
    for name in contents.tensors.keys() {
        let starts = std::iter::once(0).chain(name.match_indices('.').map(|(dot, _)| dot + 1));
        prefixes.extend(starts.filter(|start| wanted.contains(&name[*start..])).map(|start| &name[..start]));
    }
    prefixes.into_iter()
}

/// The tensors below a prefix, by the rest of their names.
struct Place<'a> {
    prefix: &'a str,
    tensors: BTreeMap<&'a str, &'a FileTensor>,
}

impl<'a> Place<'a> {
    fn below(prefix: &'a str, contents: &'a Contents) -> Self {
        let from = contents.tensors.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        Self { prefix, tensors: from.map_while(|(name, tensor)| Some((name.strip_prefix(prefix)?, tensor))).collect() }
    }

    /// The first thing that these tensors have otherwise than the network.
    fn difference(&self, wanted: &Wanted) -> Option<String> {
        let prefix = self.prefix;
        for (name, shape) in wanted {
            match self.tensors.get(name.as_str()) {
                None => return Some(format!("it has no `{prefix}{name}`")),
                Some(found) if found.shape != *shape => {
                    return Some(format!("its `{prefix}{name}` has shape {:?} instead of {shape:?}", found.shape));
                }
                Some(_) => {}
            }
        }
        let unexpected = self.tensors.keys().find(|name| wanted.iter().all(|(wanted, _)| wanted != *name))?;
        Some(format!("it has `{prefix}{unexpected}` too"))
    }

    /// How many tensors have a name and shape of the network's.
    fn matching(&self, wanted: &Wanted) -> usize {
        let same = |name: &str, shape: &[usize]| self.tensors.get(name).is_some_and(|found| found.shape == shape);
        wanted.iter().filter(|(name, shape)| same(name, shape)).count()
    }

    fn floats(&self) -> Result<Tensors, Refusal> {
        let mut floats = Tensors::new();
        for (name, tensor) in &self.tensors {
            let values = tensor.values.as_ref();
            let values = values.map_err(|found| Refusal::not_floats(&format!("{}{name}", self.prefix), found))?;
            floats.insert((*name).to_owned(), TensorData::new(values.clone(), tensor.shape.clone()));
        }
        if let Some((name, value)) = not_finite(&floats) {
            let hint = "such weights cannot be trained: use those of an earlier time";
            return Err(Refusal::new(format!("holds {value} in `{}{name}`", self.prefix), hint));
        }
        Ok(floats)
    }
}

/// Why no tensors of a file are the network's, `closest` being those that are most nearly so.
fn refusal(closest: Option<&Place>, contents: &Contents, wanted: &Wanted) -> Refusal {
    let held = match closest {
        Some(place) => place.tensors.values().copied().collect(),
        None => Vec::from_iter(contents.tensors.values()),
    };
    if has_shapes(&held, wanted) {
        let other =
            contents.tensors.keys().find(|name| wanted.iter().all(|(wanted, _)| !name.ends_with(wanted.as_str())));
        let why = format!("has the network's shapes under other names, such as `{}`", other.map_or("", String::as_str));
        let names = listed(wanted.iter().map(|(name, _)| name.as_str()));
        return Refusal::new(
            why,
            format!("rename its tensors as `steadygan export` names those of such a network: {names}"),
        );
    }
    let difference = match (closest.and_then(|place| place.difference(wanted)), wanted.first()) {
        (Some(difference), _) => difference,
        (None, Some((name, _))) => match contents.tensors.keys().next() {
            Some(found) => format!("it has no `{name}`, but `{found}`"),
            None => format!("it has no `{name}` and no other tensor"),
        },
        (None, None) => "the network has no weights".to_owned(),
    };
    let entries = match &contents.entries[..] {
        [] => String::new(),
        entries => format!("; its entries are {}", listed(entries.iter().map(String::as_str))),
    };
    Refusal::new(format!("is of another network: {difference}{entries}"), OTHER_SETTINGS)
}

/// Whether tensors have the network's shapes, in any order.
fn has_shapes(held: &[&FileTensor], wanted: &Wanted) -> bool {
    let mut held: Vec<&[usize]> = held.iter().map(|tensor| &tensor.shape[..]).collect();
    let mut wanted: Vec<&[usize]> = wanted.iter().map(|(_, shape)| &shape[..]).collect();
    held.sort_unstable();
    wanted.sort_unstable();
    held == wanted
}

/// Names for a message, the first of them if they are many.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match quoted.len().checked_sub(MAX_NAMED) {
        None | Some(0) => quoted.join(", "),
        Some(more) => format!("{} and {more} more", quoted[..MAX_NAMED].join(", ")),
    }
}
