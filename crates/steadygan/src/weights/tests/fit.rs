//! Tests of finding a network's tensors among a file's.

use super::forge::nested_pth;
use super::*;

#[test]
fn weights_of_another_network_name_the_first_difference() {
    let State { generator, discriminator, .. } = state();
    let error = |tensors: Tensors, network: &Network| {
        let error = weights(contents(tensors)).load(network.clone()).expect_err("another network");
        assert!(error.hint().starts_with("data.size, data.channels, model.width"), "{}", error.hint());
        error.to_string().strip_prefix("w.pth is of another network: ").expect("its name").to_owned()
    };
    let good = tensors_of(&generator);
    weights(contents(good.clone())).load(generator.clone()).expect("the same");
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
    let foreign = [("layers.0.weight".to_owned(), TensorData::zeros::<f32, _>([1]))];
    assert_eq!(error(foreign.into(), &generator), "it has no `main.0.weight`, but `layers.0.weight`");
    assert_eq!(error(Tensors::new(), &generator), "it has no `main.0.weight` and no other tensor");
}

/// What PyTorch's wrappers (`DataParallel`, `torch.compile`) and programs put before all names is taken off.
#[test]
fn a_prefix_of_all_names_is_taken_off_if_the_rest_fits() {
    let generator = state().generator;
    let good = tensors_of(&generator);
    let prefixed = |prefix: &str| contents(good.iter().map(|(name, data)| (format!("{prefix}{name}"), data.clone())));
    let plain = weights(prefixed("")).tensors_of(&generator).expect("the network's");
    for prefix in ["module.", "_orig_mod.", "module._orig_mod.", "netG.", "state_dict.generator."] {
        let read = weights(prefixed(prefix)).tensors_of(&generator).expect("the network's");
        assert_eq!(read, plain, "{prefix}");
        assert_eq!(digest("", &read), digest("", &plain));
    }
    // A prefix that only some names have is part of these names.
    let mut some = prefixed("module.");
    let weight = some.tensors.remove("module.main.0.weight").expect("a weight");
    some.tensors.insert("main.0.weight".into(), weight);
    let error = weights(some).load(generator.clone()).expect_err("not all").to_string();
    assert!(error.contains("has the network's shapes under other names") || error.contains("it has no `m"), "{error}");
    // A name that ends in a prefix's letters is another name.
    weights(prefixed("a")).load(generator).expect_err("amain.0.weight");
}

#[test]
fn other_names_of_the_same_shapes_are_said_to_be_that() {
    let generator = state().generator;
    let renamed = tensors_of(&generator).into_iter().map(|(name, data)| (name.replace("main", "layers"), data));
    let error = weights(contents(renamed)).load(generator).expect_err("other names");
    assert_eq!(error.to_string(), "w.pth has the network's shapes under other names, such as `layers.0.weight`");
    assert!(error.hint().starts_with("rename its tensors as `steadygan export` names "), "{}", error.hint());
    assert!(error.hint().contains(": `main.0.weight`, `main.1.weight`, "), "{}", error.hint());
}

/// If a file does not say which network its weights are for, each network that it holds is started from it.
#[test]
fn weights_find_their_network() {
    let (plan, state) = (plan(), state());
    for role in Role::ALL {
        let tensors = contents(tensors_of(state.network(role)));
        let mut read = weights(tensors);
        let found = initial_weights(std::slice::from_ref(&read), &plan).expect("weights of one of the networks");
        assert_eq!(found.keys().collect::<Vec<_>>(), [&role]);
        // A role in the file decides, even if it is wrong.
        let other = Role::ALL.into_iter().find(|other| *other != role).expect("the other");
        let json = format!(r#"{{"format_version": 1, "role": "{other}"}}"#);
        let file = TempWeights::new().read(&safetensors(Dtype::F32, &[], Some(&json))).expect("an export");
        read.description = file.description;
        initial_weights(&[read], &plan).expect_err("the weights of the other network");
    }
    let both = |names: [&str; 2]| {
        let below = |role: Role, name: &str| {
            let tensors = tensors_of(state.network(role)).into_iter();
            tensors.map(|(rest, data)| (format!("{name}.{rest}"), data)).collect::<Vec<_>>()
        };
        let [generator, discriminator] = [(Role::Generator, names[0]), (Role::Discriminator, names[1])];
        contents([below(generator.0, generator.1), below(discriminator.0, discriminator.1)].concat())
    };
    let found = initial_weights(&[weights(both(["netG", "netD"]))], &plan).expect("both");
    assert_eq!(found.keys().collect::<Vec<_>>(), [&Role::Generator, &Role::Discriminator]);
    // Two entries that both fit: which one is meant cannot be known.
    let mut twice = both(["g", "d"]);
    twice.tensors.extend(both(["g_ema", "d"]).tensors);
    let error = initial_weights(&[weights(twice)], &plan).expect_err("two generators");
    assert_eq!(error.to_string(), "w.pth holds the network's weights more than once: `g`, `g_ema`");
    assert_eq!(error.hint(), "save the ones that are meant in a file of their own");
}

/// A program's checkpoint: a counter, a loss, an optimiser with moments, and the networks.
#[test]
fn nested_state_dicts_are_read_where_one_entry_fits() {
    let file = TempWeights::new();
    let scalar = |name| PickledTensor { shape: vec![1; 4], strides: vec![1; 4], ..PickledTensor::vector(name, &[0.5]) };
    let nested = |entries: &[(&str, &[PickledTensor])]| file.read(&nested_pth(entries)).expect("a checkpoint");
    let read = nested(&[("model_state_dict", &[scalar("main.0.weight")])]);
    assert_eq!(read.names(), ["model_state_dict.main.0.weight"], "neither counters nor moments");
    read.load(one_weight()).expect("the entry's");
    let compiled = nested(&[("netG", &[scalar("_orig_mod.main.0.weight")]), ("netD", &[scalar("b")])]);
    compiled.load(one_weight()).expect("the one that fits");
    let error = nested(&[("g", &[scalar("a"), scalar("c")]), ("d", &[scalar("b")])]).load(one_weight());
    let error = error.expect_err("none");
    let said = "is of another network: it has no `main.0.weight`, but `d.b`; its entries are `g`, `d`";
    assert_eq!(file.message(&error), said);
}
