//! Tests of reading weights, of refusing weights, and of networks that start from weights.

mod forge;

use super::*;
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
    let read = TempWeights::new().read(&pth(&[transposed, scalar, empty])).expect("weights").tensors;
    assert_eq!(read["a"], TensorData::new(vec![1.0f32, 3.0, 5.0, 2.0, 4.0, 6.0], [2, 3]));
    assert_eq!(read["b"], TensorData::new(vec![7.0f32], Shape::new([])));
    assert_eq!(read["c"].num_elements(), 0);
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
fn counters_are_passed_over_and_a_wrapping_taken_off() {
    let counter = PickledTensor {
        class: "LongStorage",
        bytes: vec![7; 8],
        ..PickledTensor::vector("module.n.num_batches_tracked", &[0.0])
    };
    let wrapped = PickledTensor::vector("module.a", &[1.0]);
    let read = TempWeights::new().read(&pth(&[counter, wrapped])).expect("weights").tensors;
    assert_eq!(read.keys().collect::<Vec<_>>(), ["a"]);
    // A prefix that only some names have is part of these names.
    let read =
        TempWeights::new().read(&pth(&[PickledTensor::vector("module.a", &[1.0]), PickledTensor::vector("b", &[1.0])]));
    assert_eq!(read.expect("weights").tensors.keys().collect::<Vec<_>>(), ["b", "module.a"]);
    let bytes = [0; 4];
    let wrapped = safetensors(Dtype::F32, &[("module.a", &[1], &bytes), ("module.b", &[1], &bytes)], None);
    let read = TempWeights::new().read(&wrapped).expect("weights").tensors;
    assert_eq!(read.keys().collect::<Vec<_>>(), ["a", "b"]);
    let bytes = [0; 8];
    let counted = safetensors(Dtype::I64, &[("main.1.num_batches_tracked", &[], &bytes)], None);
    assert!(TempWeights::new().read(&counted).expect("weights").tensors.is_empty());
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
    assert_eq!(TempWeights::new().read(&bytes).expect("weights").role, Some(Role::Generator));
}

#[test]
fn other_numbers_than_finite_32_bit_floats() {
    let file = TempWeights::new();
    for (dtype, size) in [(Dtype::F16, 2), (Dtype::BF16, 2), (Dtype::F64, 8), (Dtype::I64, 8)] {
        let (error, hint) = file.refused(&safetensors(dtype, &[("main.0.weight", &[1], &[0; 8][..size])], None));
        assert_eq!(error, format!("holds `main.0.weight` as {dtype:?}, not as 32-bit floats"));
        assert_eq!(hint, TO_FLOATS);
    }
    let half =
        PickledTensor { class: "HalfStorage", bytes: vec![0; 2], ..PickledTensor::vector("main.0.weight", &[0.0]) };
    let (error, hint) = file.refused(&pth(&[half]));
    assert_eq!(
        (error.as_str(), hint.as_str()),
        ("holds `main.0.weight` as HalfStorage, not as 32-bit floats", TO_FLOATS)
    );
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let (error, _) = file.refused(&pth(&[PickledTensor::vector("a", &[0.0, value])]));
        assert_eq!(error, format!("holds {value} in `a`"));
        let (error, _) = file.refused(&safetensors(Dtype::F32, &[("a", &[1], &value.to_le_bytes())], None));
        assert_eq!(error, format!("holds {value} in `a`"));
    }
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
        let whole = file.read(bytes).expect("weights").tensors;
        for length in (0..bytes.len()).step_by(stride) {
            file.refused(&bytes[..length]);
        }
        for at in (0..bytes.len()).step_by(stride) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            if let Ok(read) = file.read(&damaged) {
                assert!(read.tensors.len() <= whole.len());
            }
        }
    }
}

#[test]
fn weights_of_another_network_name_the_first_difference() {
    let State { generator, discriminator, .. } = state();
    let weights = |tensors| Weights { path: "w.pth".into(), role: None, tensors };
    let error = |tensors, network: &Network| {
        let error = weights(tensors).load(network.clone()).expect_err("another network");
        assert_eq!(error.hint(), OTHER_NETWORK);
        error.to_string().strip_prefix("w.pth is of another network: ").expect("its name").to_owned()
    };
    let good = tensors_of(&generator);
    weights(good.clone()).load(generator.clone()).expect("the same");
    let mut missing = good.clone();
    missing.remove("main.1.running_mean");
    assert_eq!(error(missing, &generator), "it has no `main.1.running_mean`");
    let mut other = good.clone();
    other.insert("main.0.weight".into(), TensorData::zeros::<f32, _>([3, 2, 3, 3]));
    assert_eq!(error(other, &generator), "its `main.0.weight` has shape [3, 2, 3, 3] instead of [3, 2, 4, 4]");
    let mut more = good.clone();
    more.insert("main.9.bias".into(), TensorData::zeros::<f32, _>([1]));
    assert_eq!(error(more, &generator), "it has `main.9.bias` too");
    assert_eq!(error(good, &discriminator), "its `main.0.weight` has shape [3, 2, 4, 4] instead of [2, 1, 4, 4]");
}

/// If a file does not say which network its weights are for, the network with the most matching tensors is chosen.
#[test]
fn weights_find_their_network() {
    let (plan, state) = (plan(), state());
    for role in Role::ALL {
        let mut weights = Weights { path: "w".into(), role: None, tensors: tensors_of(state.network(role)) };
        let found = initial_weights(std::slice::from_ref(&weights), &plan).expect("weights of one of the networks");
        assert_eq!(found.keys().collect::<Vec<_>>(), [&role]);
        // A role in the file decides, even if it is wrong.
        weights.role = Role::ALL.into_iter().find(|other| *other != role);
        initial_weights(&[weights], &plan).expect_err("the weights of the other network");
    }
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
        images: 0,
        model: &plan.model.clone(),
    };
    let weights = file.read(&crate::export::to_safetensors(&other.generator, &description)).expect("an export");
    assert_eq!(weights.role, Some(Role::Generator));
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
