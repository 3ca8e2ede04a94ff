//! An export makes the images that are shown: the generator in every file of it is compared with what `generate` draws.

use super::*;
use crate::data::npy;
use crate::generate::{Destination, Latents, Request, generate};
use crate::heuristics::names;
use crate::heuristics::testing::{checkpoint, plan_of, trained};
use crate::plan::Plan;
use crate::recipe::PRESETS;
use rten_tensor::NdTensor;
use std::collections::BTreeSet;
use std::fs;
use tempfile::TempDir;

const COUNT: usize = 5;

/// Two programs round differently. The images are in [−1, 1], the networks have up to seven layers, and the largest
/// difference that was seen is a tenth of this.
const TOLERANCE: f32 = 1e-5;

/// A run after two rounds, with latents beside it.
struct Trained {
    folder: TempDir,
    run: PathBuf,
    plan: Plan,
}

impl Trained {
    fn new(recipe: &str) -> Self {
        let plan = plan_of(recipe).expect("a plan");
        let folder = tempfile::tempdir().expect("a folder");
        let run = folder.path().join("run");
        let state = checkpoint(&plan, trained(&plan, 2 * plan.train.round()));
        write_atomically(&run.join("plan.json"), b"{}").expect("written");
        write_atomically(&run.join("checkpoints/latest/state.safetensors"), &state).expect("written");
        let mut latents = fs::File::create(folder.path().join("z.npy")).expect("a file");
        let shape = [COUNT, plan.model.latent, 1, 1];
        npy::write_f32(&mut latents, &shape, [Self::latents(&plan)]).expect("written");
        Self { folder, run, plan }
    }

    fn latents(plan: &Plan) -> Vec<f32> {
        (0..COUNT * plan.model.latent).map(|at| ((at * 37 + 11) % 101) as f32 / 25.0 - 2.0).collect()
    }

    /// What `generate --latents z.npy` draws with this run or export.
    fn drawn(&self, of: &Path) -> Vec<f32> {
        let array = self.folder.path().join("x.npy");
        let request = Request {
            overwrite: true,
            run: of.into(),
            checkpoint: CheckpointKind::Latest,
            latents: Latents::File(self.folder.path().join("z.npy")),
            class: None,
            interpolate: false,
            destination: Destination::Array(array.clone()),
            device: "cpu".into(),
        };
        generate(&request).expect("images");
        let bytes = fs::read(array).expect("an array");
        let values = &bytes[bytes.len() - 4 * COUNT * self.plan.model.image_len()..];
        values.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
    }

    /// What another program makes of the same latents and classes with the ONNX.
    fn drawn_by_onnx(&self, file: &Path) -> Vec<f32> {
        let model = rten::Model::load(fs::read(file).expect("a file")).expect("a model");
        let node = |name| model.find_node(name).expect("an input or output");
        let latents = NdTensor::from_data([COUNT, self.plan.model.latent, 1, 1], Self::latents(&self.plan));
        let mut inputs = vec![(node("latent"), latents.into())];
        let columns = self.plan.model.classes_in_columns();
        if !columns.is_empty() {
            let classes: Vec<i32> = (0..COUNT).map(|image| columns[image % columns.len()] as i32).collect();
            inputs.push((node("class"), NdTensor::from_data([COUNT], classes).into()));
        }
        let [images] = model.run_n(inputs, [node("images")], None).expect("images");
        rten_tensor::Tensor::<f32>::try_from(images).expect("floats").into_data()
    }
}

fn only(on: &[&str]) -> String {
    let lines: String = on.iter().map(|name| format!("{name} = true\n")).collect();
    format!("base = 'plain'\n[heuristics]\n{lines}")
}

/// Every heuristic alone, every preset, and `ema` with what it may be with: SafeTensors to the bit, ONNX but for rounding.
/// What cannot be written as ONNX is refused, and these are all that is.
#[test]
fn an_export_makes_the_images_that_are_shown() {
    let mut refused = BTreeSet::new();
    let presets = PRESETS.iter().map(|(preset, _)| (*preset, format!("base = '{preset}'")));
    let averaged = ["batch-norm", "spectral-norm", "class-conditioning"].map(|name| (name, only(&["ema", name])));
    let silent = ["dropout", "generator-noise"];
    let silent = silent.map(|name| ("", format!("base = 'plain'\n[heuristics]\n{name} = {{ sampling = false }}")));
    for (name, recipe) in names().map(|name| (name, only(&[name]))).chain(presets).chain(averaged).chain(silent) {
        let trained = Trained::new(&recipe);
        let shown = trained.drawn(&trained.run);
        let exported = export(&trained.run, CheckpointKind::Latest, None);
        let folder = trained.run.join("export");
        assert_eq!(trained.drawn(&folder), shown, "{recipe}");
        assert_eq!(trained.drawn(&folder.join("generator.safetensors")), shown, "{recipe}");
        match exported {
            Ok(path) => {
                assert_eq!(path, folder);
                let theirs = trained.drawn_by_onnx(&folder.join(ONNX));
                let difference = theirs.iter().zip(&shown).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(theirs.len() == shown.len() && difference < TOLERANCE, "{recipe}: {difference}");
            }
            Err(error) => {
                assert!(error.to_string().contains("ONNX"), "{recipe}: {error}");
                assert!(!folder.join(ONNX).exists(), "{recipe}");
                refused.insert(name);
            }
        }
        assert_eq!(folder.join(RAW_GENERATOR).exists(), trained.plan.train.average.is_some(), "{recipe}");
    }
    let expected = ["dropout", "generator-noise", "layer-norm", "self-attention", "virtual-batch-norm"];
    assert_eq!(refused, BTreeSet::from(expected));
}

/// The trained weights of a run with an average are in a file of another name.
#[test]
fn the_trained_weights_stand_beside_their_average() {
    let trained = Trained::new(&only(&["ema"]));
    let folder = export(&trained.run, CheckpointKind::Latest, None).expect("an export");
    let raw = trained.drawn(&folder.join(RAW_GENERATOR));
    assert_ne!(raw, trained.drawn(&folder));
    let checkpoint = checkpoint_of(&RunDirectory::open(&trained.run).unwrap(), CheckpointKind::Latest).unwrap();
    let state = checkpoint_state(&checkpoint, &Device::flex()).expect("a state");
    let weights = Weights::read(&folder.join(RAW_GENERATOR)).expect("weights");
    let tensors = weights.tensors_of(&state.generator).expect("the generator's");
    assert!(named_tensors(&state.generator).iter().all(|tensor| tensors[&tensor.name] == tensor.data));
}

/// Files of an earlier export that this one does not have would be another generator's.
#[test]
fn what_an_export_does_not_have_is_removed_and_foreign_files_are_kept() {
    let with_both = Trained::new(&only(&["ema"]));
    let with_neither = Trained::new(&only(&["dropout"]));
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("new/export");
    let files = || {
        let names = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<BTreeSet<_>>()
    };
    let to = |trained: &Trained| export(&trained.run, CheckpointKind::Latest, Some(&out));
    assert_eq!(to(&with_both).expect("an export"), out);
    assert_eq!(files().len(), 4);
    to(&with_neither).expect_err("no ONNX");
    assert_eq!(files(), ["discriminator.safetensors", "generator.safetensors"].map(str::to_owned).into());
    fs::write(out.join("mine.txt"), "mine").unwrap();
    let error = to(&with_both).expect_err("a foreign file").to_string();
    assert!(error.ends_with("holds mine.txt, which is no file of an export"), "{error}");
    fs::remove_file(out.join("mine.txt")).unwrap();
    for (name, bytes) in [("generator.safetensors", &b"mine"[..]), (ONNX, b"mine")] {
        fs::remove_dir_all(&out).unwrap();
        fs::create_dir(&out).unwrap();
        fs::write(out.join(name), bytes).unwrap();
        let error = to(&with_both).expect_err("another program's").to_string();
        assert!(error.ends_with("are not from an export of this program"), "{error}");
        assert_eq!(fs::read(out.join(name)).unwrap(), bytes);
    }
}

/// The description of an untrusted file is checked before networks are made.
#[test]
fn descriptions_that_cannot_be() {
    let trained = Trained::new("base = 'plain'");
    let folder = export(&trained.run, CheckpointKind::Latest, None).expect("an export");
    let file = folder.join("generator.safetensors");
    let network = crate::nn::generator(&trained.plan.model, 0, &Device::flex());
    let described = |change: fn(&mut ModelPlan)| {
        let mut model = trained.plan.model.clone();
        change(&mut model);
        let role = Role::Generator;
        let description =
            Description { format_version: FORMAT_VERSION, role, average: false, images: 1, model: &model };
        fs::write(&file, to_safetensors(&network, &description)).unwrap();
        let request = Request {
            overwrite: true,
            run: folder.clone(),
            checkpoint: CheckpointKind::Latest,
            latents: Latents::Random { count: 2, seed: 0 },
            class: None,
            interpolate: false,
            destination: Destination::Array(trained.folder.path().join("x.npy")),
            device: "cpu".into(),
        };
        generate(&request).map_err(|error| error.to_string())
    };
    described(|_| ()).expect("the network's own");
    let refused = |change| described(change).expect_err("impossible");
    assert!(refused(|model| model.size = usize::MAX).contains("`data.size`"));
    assert!(refused(|model| model.width = 1 << 40).contains("`model.width`"));
    assert!(refused(|model| model.pack = usize::MAX).contains("`heuristics.pac.images`"));
    assert!(refused(|model| model.generator.dropout = 2.0).contains("`heuristics.dropout.probability`"));
    assert!(refused(|model| model.generator.noise = -1.0).contains("`heuristics.generator-noise.deviation`"));
    assert!(refused(|model| model.truncation = Some(1e-9)).contains("`heuristics.truncation.threshold`"));
    assert!(refused(|model| model.latent = 7).contains("has shape"));
}
