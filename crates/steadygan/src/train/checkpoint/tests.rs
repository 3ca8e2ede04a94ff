use super::*;
use crate::run::checkpoint_state;

fn small() -> (State, Provenance, Device) {
    let mut recipe = crate::heuristics::recipe();
    let text = "[data]\nsize = 8\n[model]\nwidth = 2\nlatent = 3\n[train]\nbatch = 2\nimages = 4\n";
    recipe.lay_text(text, "test").expect("a recipe");
    let plan = crate::decide::decide(&recipe, 1).expect("a plan");
    let device = Device::flex().autodiff();
    let provenance = Provenance { recipe: recipe.to_toml(), plan, data_fingerprint: "f".into() };
    (State::new(&provenance.plan, crate::decide::hooks(&provenance.plan).unwrap(), &device), provenance, device)
}

fn load(bytes: &[u8]) -> Result<Checkpoint> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("written");
    load_checkpoint(file.path())
}

#[test]
fn what_was_saved_is_loaded_and_saved_the_same() {
    let (state, provenance, device) = small();
    let bytes = save_checkpoint(&state, &provenance);
    let loaded = load(&bytes).expect("a checkpoint");
    assert_eq!(save_checkpoint(&checkpoint_state(&loaded, &device).expect("a state"), loaded.provenance()), bytes);
}

/// What holds true of a changed checkpoint is what it says, not whether it was changed.
#[test]
fn a_changed_checkpoint_is_read_once_it_has_its_digest() {
    let (state, provenance, _) = small();
    let mut bytes = save_checkpoint(&state, &provenance);
    assert_eq!(with_digest(&bytes).expect("a checkpoint"), bytes);
    *bytes.last_mut().expect("a value") ^= 1;
    assert!(load(&bytes).expect_err("its digest is wrong").to_string().contains("digest"));
    load(&with_digest(&bytes).expect("a checkpoint")).expect("its digest is right");
    assert!(with_digest(b"nothing").is_err());
}

/// A file with a wrong byte is refused, unless its content is still the same (a space in the padding).
#[test]
fn a_wrong_byte_anywhere_is_noticed() {
    /// A prime, so that every kind of place is tested without trying all.
    const STRIDE: usize = 13;
    let (state, provenance, device) = small();
    let bytes = save_checkpoint(&state, &provenance);
    for at in (0..bytes.len()).step_by(STRIDE) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        if let Ok(loaded) = load(&damaged) {
            let state = checkpoint_state(&loaded, &device).expect("a state");
            assert_eq!(save_checkpoint(&state, loaded.provenance()), bytes, "byte {at} of {}", bytes.len());
        }
    }
}

#[test]
fn an_impossible_plan_is_refused_before_its_networks_are_built() {
    let (state, provenance, device) = small();
    let refused = |change: fn(&mut Plan)| {
        let mut provenance = provenance.clone();
        change(&mut provenance.plan);
        let loaded = load(&save_checkpoint(&state, &provenance)).expect("its digest is right");
        let error = loaded.generator(&device).expect_err("no network").to_string();
        assert!(checkpoint_state(&loaded, &device).is_err());
        error
    };
    assert!(refused(|plan| plan.model.width = 1_000_000_000).contains("`model.width` is 1000000000"));
    assert!(refused(|plan| plan.model.size = 0).contains("`data.size`"));
    assert!(refused(|plan| plan.train.batch = 0).contains("`train.batch`"));
    assert!(refused(|plan| plan.format_version = 9).contains("format version 9"));
    assert!(refused(|plan| plan.model.latent = 4).contains("has shape"));
    // Two channels are points of the plane, which have one pixel. These sizes' numbers of weights overflow.
    for size in [1 << 31, 1 << 32, usize::MAX] {
        let mut provenance = provenance.clone();
        let plan = &mut provenance.plan;
        (plan.model.family, plan.model.channels, plan.data.channels) = (crate::nn::mlp::FAMILY, 2, Some(2));
        (plan.model.size, plan.data.size) = (size, size);
        let loaded = load(&save_checkpoint(&state, &provenance)).expect("its digest is right");
        let error = loaded.generator(&device).expect_err("no network").to_string();
        assert!(error.contains(&format!("`data.size` is {size} but must be 1")), "{error}");
    }
    assert!(refused(|plan| plan.model.pack = usize::MAX).contains("`heuristics.pac.images`"));
    assert!(refused(|plan| plan.train.discriminator_steps = usize::MAX).contains("`heuristics.discriminator-steps"));
    assert!(refused(|plan| plan.train.images = u64::MAX - 1).contains("`train.images`"));
    assert!(refused(|plan| plan.model.truncation = Some(1e-300)).contains("`heuristics.truncation.threshold`"));
    assert!(refused(|plan| plan.model.generator.dropout = 1.5).contains("`heuristics.dropout.probability`"));
}

/// 2^64 − 1 steps wrapped to step 0, which no optimiser knows.
#[test]
fn counts_beyond_the_rounds_are_refused() {
    let (state, provenance, device) = small();
    let refused = |change: fn(&mut Metadata)| {
        let mut checkpoint = load(&save_checkpoint(&state, &provenance)).expect("a checkpoint");
        change(&mut checkpoint.metadata);
        checkpoint_state(&checkpoint, &device).expect_err("no state").to_string()
    };
    let of_none = "are more than 0 rounds have";
    assert!(refused(|metadata| metadata.generator_steps = u64::MAX).contains(of_none));
    assert!(refused(|metadata| metadata.discriminator_steps = u64::MAX).contains(of_none));
    assert!(refused(|metadata| metadata.images = 3).contains("3 images are no whole rounds of 2"));
    assert!(refused(|metadata| metadata.images = u64::MAX - 1).contains("no whole rounds"));
    let tally = r#"{"steps":18446744073709551615,"sums":"#.to_owned() + &sums(&state) + "}";
    let tally: Tally = serde_json::from_str(&tally).expect("a tally");
    let mut checkpoint = load(&save_checkpoint(&state, &provenance)).expect("a checkpoint");
    checkpoint.metadata.tally = tally;
    assert!(checkpoint_state(&checkpoint, &device).expect_err("no state").to_string().contains(of_none));
}

fn sums(state: &State) -> String {
    serde_json::to_value(state.tally).expect("plain data")["sums"].to_string()
}

/// Whoever writes such a file gives it the right digest; training saves none.
#[test]
fn values_that_are_not_finite_are_refused() {
    let (state, provenance, _) = small();
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let broken = |network: &Network| {
            let change = |name: &str, tensor: Tensor<1>| match name {
                "main.0.weight" => tensor.ones_like() * value,
                _ => tensor,
            };
            nn::map_tensors(network.clone(), change)
        };
        let sound = || {
            let (state, ..) = small();
            state
        };
        for (name, state) in [
            ("generator", State { generator: broken(&state.generator), ..sound() }),
            ("discriminator", State { discriminator: broken(&state.discriminator), ..sound() }),
            ("average", State { average: Some(broken(&state.generator)), ..sound() }),
        ] {
            assert_eq!(non_finite_tensor(&state), Some(format!("{name}.main.0.weight")));
            let error = load(&save_checkpoint(&state, &provenance)).expect_err("refused");
            let said = format!(" holds {value} in `{name}.main.0.weight`");
            assert!(error.to_string().ends_with(&said), "{error}");
            assert_eq!(error.hint(), OTHER_CHECKPOINT);
        }
    }
}

/// A version that hashed otherwise is said to be that, not to be damage.
#[test]
fn another_version_is_named_as_earlier_or_later() {
    let (state, provenance, _) = small();
    let bytes = save_checkpoint(&state, &provenance);
    let at = bytes.windows(16).position(|bytes| bytes == br#"format_version\""#).expect("a version") + 17;
    assert_eq!(bytes[at], b'3');
    for (version, hint) in [(b'2', "an earlier version of this program"), (b'9', "a later version of this program")] {
        let mut other = bytes.clone();
        other[at] = version;
        let error = load(&other).expect_err("refused");
        assert!(error.to_string().ends_with(", this program reads 3"), "{error}");
        assert_eq!(error.hint(), format!("{hint} wrote it: use that one, or train again"));
    }
}
