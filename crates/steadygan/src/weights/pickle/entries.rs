//! The tensors of a state dict, which may be nested: a program's checkpoint has an entry for each network, and others for
//! its optimisers and counters.

use super::{MALFORMED, Machine, Value, View};
use std::collections::BTreeMap;

/// How deep a dict with tensors may be in others. The deepest that is meant to be read is `{"state_dict": {"netG": …}}`.
const MAX_DEPTH: usize = 8;
/// The most entries of all dicts together: each time that a dict is met counts, because a few bytes can put one into many.
const MAX_ENTRIES: usize = 1 << 16;
/// The longest name, in bytes.
const MAX_NAME: usize = 1024;

/// The tensors that a pickle describes.
#[derive(Debug, Default)]
pub(in super::super) struct StateDict<'a> {
    /// By name; an entry of a nested state dict has the names of the dicts around it before its own.
    pub(in super::super) views: BTreeMap<String, View<'a>>,
    /// The names of the dicts with tensors, if the state dict is nested.
    pub(in super::super) entries: Vec<String>,
}

impl<'a> StateDict<'a> {
    /// All tensors in a dict of the machine's and in the dicts in it.
    pub(super) fn of(machine: &Machine<'a>, dict: usize) -> Result<Self, String> {
        let mut found = Self::default();
        found.add(machine, dict, &mut Vec::new(), &mut 0)?;
        if found.views.is_empty() && !machine.dicts[dict].is_empty() {
            return Err(found.no_tensor(machine, dict));
        }
        found.entries.retain(|entry| !entry.is_empty());
        Ok(found)
    }

    /// Adds a dict that is in the dicts named `path`.
    fn add(
        &mut self,
        machine: &Machine<'a>,
        dict: usize,
        path: &mut Vec<String>,
        entries: &mut usize,
    ) -> Result<(), String> {
        let items = &machine.dicts[dict];
        *entries += items.len();
        if path.len() > MAX_DEPTH || *entries > MAX_ENTRIES {
            return Err("holds dicts in dicts, more than any state dict".into());
        }
        if is_optimizer(items) {
            return Ok(());
        }
        let before = self.views.len();
        for [key, value] in items {
            if !matches!(value, Value::Dict(_) | Value::Tensor(_)) {
                continue;
            }
            path.push(match key {
                Value::Text(name) if name.len() <= MAX_NAME => (*name).to_owned(),
                Value::Integer(number) => number.to_string(),
                _ => return Err(MALFORMED.into()),
            });
            match value {
                Value::Dict(inner) => self.add(machine, *inner, path, entries)?,
                Value::Tensor(tensor) => {
                    let name = path.join(".");
                    let fits = name.len() <= MAX_NAME;
                    let earlier = fits.then(|| self.views.insert(name, machine.tensors[*tensor].clone()));
                    if earlier.is_none_or(|earlier| earlier.is_some()) {
                        return Err(MALFORMED.into());
                    }
                }
                _ => {}
            }
            path.pop();
        }
        if self.views.len() > before && items.iter().any(|[_, value]| matches!(value, Value::Tensor(_))) {
            self.entries.push(path.join("."));
        }
        Ok(())
    }

    /// Why a dict without tensors is no state dict.
    fn no_tensor(&self, machine: &Machine<'a>, dict: usize) -> String {
        match machine.dicts[dict][0] {
            [Value::Text(name), _] => format!("is no state dict: its entry `{name}` is no tensor"),
            _ => MALFORMED.to_owned(),
        }
    }
}

/// Whether a dict is the state of one of PyTorch's optimisers: moments, which are no network's weights.
fn is_optimizer(items: &[[Value; 2]]) -> bool {
    items.iter().any(|[key, _]| *key == Value::Text("param_groups"))
}
