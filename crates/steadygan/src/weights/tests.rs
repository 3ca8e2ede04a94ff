//! Tests of reading weights, of refusing weights, and of networks that start from weights.

mod fit;
mod forge;

use super::*;
use crate::nn::{Builder, ConvSpec, Init, Initializer, named_tensors};
use crate::plan::Plan;
use crate::run::{initial_state, initial_weights};
use crate::train::State;
use forge::{PickledTensor, TempWeights, archive, archive_as, pth, safetensors};
use rawzip::CompressionMethod;
use safetensors::tensor::Dtype;

fn plan() -> Plan {
    let mut recipe = crate::heuristics::recipe();
    let text = "[data]\nsize = 8\n[model]\nwidth = 2\nlatent = 3\n[train]\nbatch = 2\nimages = 4\n";
    recipe.lay_text(text, "test").expect("a recipe");
    crate::decide::decide(&recipe, 1).expect("a plan")
}

fn state() -> State {
    State::new(&plan(), Vec::new(), &Device::flex())
}

fn tensors_of(network: &Network) -> Tensors {
    named_tensors(network).into_iter().map(|tensor| (tensor.name, tensor.data)).collect()
}

/// A file's tensors, by their names in it.
fn contents(tensors: impl IntoIterator<Item = (String, TensorData)>) -> Contents {
    let held = |data: TensorData| FileTensor { shape: data.shape().to_vec(), values: Ok(data.iter().collect()) };
    let tensors = tensors.into_iter().map(|(name, data)| (name, held(data))).collect();
    Contents { tensors, entries: Vec::new() }
}

fn weights(contents: Contents) -> Weights {
    Weights { path: "w.pth".into(), description: None, contents }
}

impl Weights {
    fn tensor(&self, name: &str) -> TensorData {
        let FileTensor { shape, values } = &self.contents.tensors[name];
        TensorData::new(values.clone().expect("floats"), shape.clone())
    }

    fn names(&self) -> Vec<&str> {
        self.contents.tensors.keys().map(String::as_str).collect()
    }
}

#[test]
fn a_view_of_a_storage_has_the_values_at_its_strides() {
    let values: Vec<f32> = (0..8).map(|value| value as f32).collect();
    let transposed =
        PickledTensor { offset: 1, shape: vec![2, 3], strides: vec![1, 2], ..PickledTensor::vector("a", &values) };
    let scalar = PickledTensor { shape: vec![], strides: vec![], offset: 7, ..PickledTensor::vector("b", &values) };
    let empty = PickledTensor {
        shape: vec![200, 200, 200, 200, 200, 0],
        strides: vec![0; 6],
        ..PickledTensor::vector("c", &values)
    };
    let read = TempWeights::new().read(&pth(&[transposed, scalar, empty])).expect("weights");
    assert_eq!(read.tensor("a"), TensorData::new(vec![1.0f32, 3.0, 5.0, 2.0, 4.0, 6.0], [2, 3]));
    assert_eq!(read.tensor("b"), TensorData::new(vec![7.0f32], Shape::new([])));
    assert_eq!(read.tensor("c").num_elements(), 0);
}

#[test]
fn views_that_do_not_fit_their_storage() {
    let file = TempWeights::new();
    let good = PickledTensor::vector("a", &[1.0, 2.0, 3.0, 4.0]);
    file.read(&pth(std::slice::from_ref(&good))).expect("weights");
    for change in [
        |bad: &mut PickledTensor| bad.offset = 1,
        |bad: &mut PickledTensor| bad.strides = vec![2],
        |bad: &mut PickledTensor| (bad.shape, bad.strides) = (vec![200, 200], vec![0, 0]),
        |bad: &mut PickledTensor| bad.strides = vec![1, 1],
        |bad: &mut PickledTensor| bad.elements = 5,
        |bad: &mut PickledTensor| bad.bytes.truncate(15),
    ] {
        let mut bad = good.clone();
        change(&mut bad);
        let (error, hint) = file.refused(&pth(&[bad]));
        assert_eq!((error.as_str(), hint.as_str()), ("is damaged: `a` does not fit its storage", PLAIN_STATE_DICT));
    }
    let mut larger = good.clone();
    larger.bytes.extend([0; 4]);
    let (error, _) = file.refused(&pth(&[larger]));
    assert_eq!(error, "holds data/0 of 20 bytes, more than the limit of 16");
}

#[test]
fn counters_are_passed_over() {
    let counter = PickledTensor {
        class: "LongStorage",
        bytes: vec![7; 8],
        ..PickledTensor::vector("module.n.num_batches_tracked", &[0.0])
    };
    let read = TempWeights::new().read(&pth(&[counter, PickledTensor::vector("module.a", &[1.0])])).expect("weights");
    assert_eq!(read.names(), ["module.a"]);
    let bytes = [0; 8];
    let counted = safetensors(Dtype::I64, &[("main.1.num_batches_tracked", &[], &bytes)], None);
    assert!(TempWeights::new().read(&counted).expect("weights").names().is_empty());
}

/// A header of 640 bytes makes the file begin with the same two bytes as a pickle.
#[test]
fn a_safetensors_file_is_no_pickle_by_chance() {
    const LENGTH_BYTES: usize = 8;
    let described = |spaces: usize| {
        let json = format!(r#"{{"format_version": 1, "role": "generator"{:spaces$}}}"#, "");
        safetensors(Dtype::F32, &[("a", &[1], &[0; 4])], Some(&json))
    };
    let spaces = 640 + LENGTH_BYTES + size_of::<f32>() - described(0).len();
    let bytes = described(spaces);
    assert_eq!(bytes[..LENGTH_BYTES], 640u64.to_le_bytes());
    let read = TempWeights::new().read(&bytes).expect("weights");
    assert_eq!(read.description.map(|description| description.role), Some(Role::Generator));
}

/// A network with one weight, `main.0.weight`.
fn one_weight() -> Network {
    let device = Device::flex();
    let init = Initializer { init: Init::FanInUniform, seed: 0, network: "test".into(), device };
    Builder::new([1, 1, 1], init).conv(ConvSpec::valid(1, 1, 1, false)).build()
}

#[test]
fn other_numbers_than_finite_32_bit_floats() {
    let file = TempWeights::new();
    let refused = |bytes: &[u8]| {
        let error = file.read(bytes).expect("a file").load(one_weight()).expect_err("refused");
        (file.message(&error), error.hint().to_owned())
    };
    let of_type = |dtype, bytes: &[u8]| safetensors(dtype, &[("main.0.weight", &[1, 1, 1, 1], bytes)], None);
    for (dtype, size) in [(Dtype::F16, 2), (Dtype::BF16, 2), (Dtype::F64, 8), (Dtype::I64, 8)] {
        let (error, hint) = refused(&of_type(dtype, &[0; 8][..size]));
        assert_eq!(error, format!("holds `main.0.weight` as {dtype:?}, not as 32-bit floats"));
        assert_eq!(hint, TO_FLOATS);
    }
    let scalar = |value| PickledTensor {
        shape: vec![1; 4],
        strides: vec![1; 4],
        ..PickledTensor::vector("main.0.weight", &[value])
    };
    let half = PickledTensor { class: "HalfStorage", bytes: vec![0; 2], ..scalar(0.0) };
    let said = "holds `main.0.weight` as HalfStorage, not as 32-bit floats";
    assert_eq!(refused(&pth(&[half])), (said.to_owned(), TO_FLOATS.to_owned()));
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let said = format!("holds {value} in `main.0.weight`");
        assert_eq!(refused(&pth(&[scalar(value)])).0, said);
        assert_eq!(refused(&of_type(Dtype::F32, &value.to_le_bytes())).0, said);
    }
    // Neither role is guessed around such a file.
    let [generator, discriminator] = [state().generator, one_weight()];
    let nan = file.read(&pth(&[scalar(f32::NAN)])).expect("a file");
    let error = nan.roles(&[generator, discriminator]).expect_err("refused");
    assert_eq!(file.message(&error), "holds NaN in `main.0.weight`");
}

/// A pickle that would run a program is refused; the error names the function, and the program is not run.
#[test]
fn code_in_an_archive_is_not_executed() {
    let file = TempWeights::new();
    let traitor = file.path.with_file_name("executed");
    let command = format!("touch {}", traitor.display());
    let text = [&b"X"[..], &(command.len() as u32).to_le_bytes(), command.as_bytes()].concat();
    let pickle = [&b"\x80\x02cposix\nsystem\n"[..], &text, b"\x85R."].concat();
    let (error, hint) = file.refused(&archive(&[("a/data.pkl", &pickle)]));
    assert_eq!(error, "asks Python for `posix.system`, which no state dict needs; nothing was executed");
    assert_eq!(hint, PLAIN_STATE_DICT);
    assert!(!traitor.exists());
}

#[test]
fn files_that_hold_no_weights() {
    let file = TempWeights::new();
    assert_eq!(
        file.refused(b"\x80\x02}."),
        (
            "is a pickle by itself, as PyTorch wrote before 1.6, or something else".into(),
            "load it in PyTorch and save its state dict again".into(),
        )
    );
    assert!(file.refused(b"").0.starts_with("is no file of weights, or is damaged: "));
    assert!(file.refused(b"a page of text that is longer than a header").0.starts_with("is no file of weights, or is"));
    assert_eq!(file.refused(&archive(&[("a.png", b"")])).0, "is a zip archive, but none of PyTorch's");
    assert_eq!(file.refused(&archive(&[("data.pkl", b"}.")])).0, "is a zip archive, but none of PyTorch's");
    let other_order = archive(&[("a/data.pkl", b"}."), ("a/byteorder", b"big")]);
    assert_eq!(file.refused(&other_order).0, "was written on a machine with another byte order");
    let large = vec![b'}'; (1 << 20) + 1];
    let (error, _) = file.refused(&archive(&[("a/data.pkl", &large)]));
    assert_eq!(error, "holds data.pkl of 1048577 bytes, more than the limit of 1048576");
    let missing = PickledTensor { bytes: vec![], ..PickledTensor::vector("a", &[1.0]) };
    let described = [&b"}("[..], &missing.pickle(9), b"u."].concat();
    assert!(file.refused(&archive(&[("a/data.pkl", &described)])).0.starts_with("is damaged: data/9 is missing"));
    let compressed = archive_as(CompressionMethod::DEFLATE, &[("a/data.pkl", b"}.")]);
    assert_eq!(file.refused(&compressed).0, "holds data.pkl compressed, as PyTorch does not write it");
    let mut wrong_sum = archive(&[("a/data.pkl", b"}K\x05.")]);
    let at = wrong_sum.windows(3).position(|bytes| bytes == b"}K\x05").expect("the pickle");
    wrong_sum[at + 2] = 6;
    assert!(file.refused(&wrong_sum).0.starts_with("is damaged: data.pkl: "));
    let checkpoint = r#"{"format_version": 1, "images": 64}"#;
    let (error, hint) = file.refused(&safetensors(Dtype::F32, &[], Some(checkpoint)));
    assert_eq!(error, "is a run's checkpoint, not an export");
    assert_eq!(hint, "`steadygan export RUN` writes the weights of a run's networks");
    let later = r#"{"format_version": 2, "role": "generator"}"#;
    let (error, _) = file.refused(&safetensors(Dtype::F32, &[], Some(later)));
    assert_eq!(error, "has the export's format version 2, this program reads 1");
    let error = Weights::read(&file.path.with_file_name("nowhere")).expect_err("no file");
    assert!(error.to_string().starts_with("cannot read the file of weights "), "{error}");
}

/// A file that is cut short, or has a wrong byte outside its numbers, is refused, and never causes a panic.
#[test]
fn damage_is_an_error() {
    /// Only every 13th or 7th byte is tried; primes, so that every kind of place is still visited.
    const STRIDES: [usize; 2] = [13, 7];
    let file = TempWeights::new();
    let archive = pth(&[PickledTensor::vector("a", &[1.0, 2.0]), PickledTensor::vector("b", &[3.0])]);
    let exported = safetensors(Dtype::F32, &[("a", &[1], &[0; 4])], None);
    for (bytes, stride) in [archive, exported].iter().zip(STRIDES) {
        let whole = file.read(bytes).expect("weights");
        for length in (0..bytes.len()).step_by(stride) {
            file.refused(&bytes[..length]);
        }
        for at in (0..bytes.len()).step_by(stride) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            if let Ok(read) = file.read(&damaged) {
                assert!(read.names().len() <= whole.names().len());
            }
        }
    }
}

/// Shapes enter the digest as numbers: what a library prints of a shape may change, the digest may not.
#[test]
fn the_digest_is_that_of_names_dimensions_and_values() {
    let tensors = Tensors::from([("ab".to_owned(), TensorData::new(vec![1.0f32, 2.0], [2, 1]))]);
    let mut bytes = Vec::new();
    bytes.extend(3u64.to_le_bytes());
    bytes.extend(b"xyz");
    bytes.extend(2u64.to_le_bytes());
    bytes.extend(b"ab");
    for number in [2u64, 2, 1] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([1.0f32, 2.0].map(f32::to_le_bytes).as_flattened());
    assert_eq!(digest("xyz", &tensors), hex(Sha256::new_with_prefix(&bytes)));
    let turned = Tensors::from([("ab".to_owned(), TensorData::new(vec![1.0f32, 2.0], [1, 2]))]);
    assert_ne!(digest("xyz", &tensors), digest("xyz", &turned));
}

#[test]
fn a_state_starts_from_the_plans_files_as_they_were() {
    let file = TempWeights::new();
    let mut plan = plan();
    let other = {
        let mut plan = plan.clone();
        plan.seed = 9;
        State::new(&plan, Vec::new(), &Device::flex())
    };
    let description = crate::export::Description {
        format_version: FORMAT_VERSION,
        role: Role::Generator,
        average: false,
        images: 0,
        model: &plan.model.clone(),
    };
    let weights = file.read(&crate::export::to_safetensors(&other.generator, &description)).expect("an export");
    assert_eq!(weights.described_model().expect("its model"), plan.model);
    plan.initial_weights = initial_weights(&[weights], &plan).expect("weights of the plan's generator");
    let started = initial_state(&plan, &Device::flex()).expect("a state");
    assert_eq!(tensors_of(&started.generator), tensors_of(&other.generator));
    assert_eq!(tensors_of(&started.discriminator), tensors_of(&state().discriminator));
    // The plan's file keeps the initial weights.
    let json = serde_json::to_string(&plan).expect("plain data");
    assert_eq!(serde_json::from_str::<Plan>(&json).expect("a plan"), plan);

    file.read(&crate::export::to_safetensors(&state().generator, &description)).expect("another export");
    let error = initial_state(&plan, &Device::flex()).expect_err("other weights");
    assert_eq!(file.message(&error), "holds other weights than the run was planned with");
}
