//! Reading and replacing a module's tensors by name.

use crate::error::{Error, Result};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::prelude::*;
use std::collections::BTreeMap;

/// A parameter or a buffer with the name that PyTorch would give it.
#[derive(Debug, Clone)]
pub struct NamedTensor {
    /// For example `main.1.running_mean`.
    pub name: String,
    /// The values.
    pub data: TensorData,
    /// Whether training changes it by gradients (false for running statistics and other buffers).
    pub trainable: bool,
}

/// The path of the parameter being visited. It leaves out the variants of enumerations, because PyTorch's names do not
/// have them.
#[derive(Debug, Default)]
pub(crate) struct Path(Vec<String>);

impl Path {
    pub(crate) fn enter(&mut self, name: &str, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.push(name.to_owned());
        }
    }

    pub(crate) fn exit(&mut self, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.pop();
        }
    }

    pub(crate) fn name(&self) -> String {
        self.0.join(".")
    }
}

/// Whether a tensor is a buffer, that is, not trained by gradients: running statistics, the vectors of spectral
/// normalisation, and the reference batch (which never changes). The last part of the name decides; the names are
/// PyTorch's where PyTorch has such a buffer.
pub fn is_buffer(name: &str) -> bool {
    const BUFFERS: [&str; 5] = ["running_mean", "running_var", "weight_u", "weight_v", "reference"];
    name.rsplit('.').next().is_some_and(|last| BUFFERS.contains(&last))
}

/// Calls `look` with the name and the flattened values of every tensor of a module. The values are outside
/// differentiation and are not copied.
pub fn each_tensor(module: &impl Module, look: impl FnMut(&str, Tensor<1>)) {
    struct Looker<F> {
        path: Path,
        look: F,
    }
    impl<F: FnMut(&str, Tensor<1>)> ModuleVisitor for Looker<F> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, container: &str) {
            self.path.exit(container);
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let value = param.val().inner();
            let count = value.shape().num_elements();
            (self.look)(&self.path.name(), value.reshape([count]));
        }
    }
    module.visit(&mut Looker { path: Path::default(), look });
}

/// All tensors of a module, in the module's order.
pub fn named_tensors(module: &impl Module) -> Vec<NamedTensor> {
    #[derive(Default)]
    struct Collector {
        path: Path,
        found: Vec<NamedTensor>,
    }
    impl ModuleVisitor for Collector {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, container: &str) {
            self.path.exit(container);
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.found.push(NamedTensor {
                name: self.path.name(),
                data: param.val().into_data(),
                trainable: !is_buffer(&self.path.name()),
            });
        }
    }
    let mut collector = Collector::default();
    module.visit(&mut collector);
    collector.found
}

/// The module with every tensor replaced by the tensor of the same name in `tensors`.
///
/// # Errors
///
/// A tensor is missing or has another shape.
pub fn load_tensors<M: Module>(module: M, tensors: &BTreeMap<String, TensorData>) -> Result<M> {
    struct Loader<'a> {
        path: Path,
        tensors: &'a BTreeMap<String, TensorData>,
        failure: Option<Error>,
    }
    impl Loader<'_> {
        fn find(&self, shape: &Shape) -> Result<&TensorData> {
            let name = self.path.name();
            let hint = "the file belongs to another network or is damaged";
            let data = (self.tensors.get(&name))
                .ok_or_else(|| Error::checkpoint(format!("the tensor `{name}` is missing"), hint))?;
            if data.shape() != shape {
                let message = format!("the tensor `{name}` has shape {:?} instead of {shape:?}", data.shape());
                return Err(Error::checkpoint(message, hint));
            }
            Ok(data)
        }
    }
    impl ModuleMapper for Loader<'_> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, container: &str) {
            self.path.exit(container);
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            match self.find(&param.shape()) {
                Ok(data) => {
                    let data = data.clone();
                    param.map(|old| {
                        let trainable = old.is_require_grad();
                        Tensor::from_data(data, &old.device()).set_require_grad(trainable)
                    })
                }
                Err(error) => {
                    self.failure.get_or_insert(error);
                    param
                }
            }
        }
    }
    let mut loader = Loader { path: Path::default(), tensors, failure: None };
    let module = module.map(&mut loader);
    loader.failure.map_or(Ok(module), Err)
}

/// The module with every tensor replaced by `change(name, flattened tensor)`. `change` gets the values outside
/// differentiation, and can change them in place if nothing else holds them. A tracked tensor stays tracked.
pub fn map_tensors<M: Module>(module: M, change: impl FnMut(&str, Tensor<1>) -> Tensor<1>) -> M {
    struct Changer<F> {
        path: Path,
        change: F,
    }
    impl<F: FnMut(&str, Tensor<1>) -> Tensor<1>> ModuleMapper for Changer<F> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, container: &str) {
            self.path.exit(container);
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            param.map(|value| {
                let (shape, tracked) = (value.shape(), value.is_require_grad());
                let flat = value.inner().reshape([shape.num_elements()]);
                let changed = (self.change)(&self.path.name(), flat);
                Tensor::from_inner(changed.reshape(shape)).set_require_grad(tracked)
            })
        }
    }
    module.map(&mut Changer { path: Path::default(), change })
}

/// The module with every trained value clamped to [−limit, limit] (Arjovsky, Chintala and Bottou 2017).
pub fn clamped<M: Module>(module: M, limit: f64) -> M {
    map_tensors(module, |name, value| if is_buffer(name) { value } else { value.clamp(-limit, limit) })
}
