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
}
