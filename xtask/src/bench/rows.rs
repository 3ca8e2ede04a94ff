//! What is measured: a row is one piece of work, for us and for its peers.

/// Networks and batch, as a recipe names them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Model {
    pub(super) size: usize,
    pub(super) channels: usize,
    pub(super) width: usize,
    pub(super) batch: usize,
    /// Without strided downsampling and upsampling.
    pub(super) off_forms: bool,
}

#[derive(Debug)]
pub(super) enum Work {
    /// Whole training steps, `steps` per turn.
    Train { model: Model, threads: Threads, peer: Peer, steps: usize },
    /// Sampling, all images in each turn.
    Sample { model: Model, modes: &'static [&'static str], images: usize },
    /// Every layer and pass of the kernels' example `layers`.
    Operators,
    /// `steadygan train` from start to end, beside `bare_steps` of the loop alone.
    EndToEnd { model: Model, images: usize, bare_steps: usize },
    /// From the start of `steadygan train` with these arguments to its first step.
    Start { runs: &'static [&'static [&'static str]] },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Threads {
    All,
    One,
}

#[derive(Debug)]
pub(super) enum Peer {
    /// PyTorch in these modes (benchmarks/peers/pytorch.py says what they are).
    PyTorch(&'static [&'static str]),
    Keras,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) work: Work,
}

/// The modes of the usual scripts. Only training's Adam is tuned, because it is slower untuned.
pub(super) const USUAL_TRAINING: &str = "fused";
pub(super) const USUAL_SAMPLING: &str = "eager";

const ALL_MODES: &[&str] = &["eager", "fused", "fused-cl", "fused-cl-frz", "fused-frz-comp", "fused-cl-frz-comp"];
/// The usual script, and the channels-last ones that do the least work, compiled or not: which of the two is faster
/// differs from row to row.
const MODES: &[&str] = &["fused", "fused-cl-frz", "fused-cl-frz-comp"];
const SAMPLING_MODES: &[&str] = &["eager", "cl", "cl-comp"];

const fn colour(size: usize, batch: usize) -> Model {
    Model { size, channels: 3, width: 64, batch, off_forms: false }
}

const fn small(channels: usize, width: usize) -> Model {
    Model { size: 32, channels, width, batch: 64, off_forms: false }
}

const fn train(model: Model, modes: &'static [&'static str], steps: usize) -> Work {
    Work::Train { model, threads: Threads::All, peer: Peer::PyTorch(modes), steps }
}

const fn row(name: &'static str, title: &'static str, work: Work) -> Row {
    Row { name, title, work }
}

pub(super) const ROWS: &[Row] = &[
    row("dcgan-64", "64×64 colour, width 64, batch 64", train(colour(64, 64), ALL_MODES, 4)),
    row("dcgan-32-colour-64", "32×32 colour, width 64, batch 64", train(small(3, 64), MODES, 12)),
    row("dcgan-32-colour-32", "32×32 colour, width 32, batch 64", train(small(3, 32), MODES, 20)),
    row("dcgan-32-grey-64", "32×32 grey, width 64, batch 64", train(small(1, 64), MODES, 12)),
    row("dcgan-32-grey-32", "32×32 grey, width 32, batch 64", train(small(1, 32), MODES, 20)),
    row("dcgan-128", "128×128 colour, width 64, batch 32", train(colour(128, 32), MODES, 3)),
    row("one-thread-64", "64×64 colour, width 64, batch 64, one thread each", {
        Work::Train { model: colour(64, 64), threads: Threads::One, peer: Peer::PyTorch(MODES), steps: 3 }
    }),
    row("off-forms-64", "64×64 colour, width 64, batch 64; 3×3 with max pooling, nearest doubling with 3×3", {
        train(Model { off_forms: true, ..colour(64, 64) }, MODES, 3)
    }),
    row("keras-64", "64×64 colour, width 64, batch 64, Keras on TensorFlow", {
        Work::Train { model: colour(64, 64), threads: Threads::All, peer: Peer::Keras, steps: 4 }
    }),
    row("sample-64", "generating 10,000 images at 64×64 colour, width 64", {
        Work::Sample { model: colour(64, 64), modes: SAMPLING_MODES, images: 10_000 }
    }),
    row("operators", "single convolutions, batch 64", Work::Operators),
    row("end-to-end-32", "`steadygan train`, 32×32 grey, width 32, 20,000 images", {
        Work::EndToEnd { model: small(1, 32), images: 20_000, bare_steps: 160 }
    }),
    row("end-to-end-64", "`steadygan train`, 64×64 colour, width 64, 5,000 images", {
        Work::EndToEnd { model: colour(64, 64), images: 5_000, bare_steps: 24 }
    }),
    row("start", "from start to the first step, embedded images", {
        Work::Start { runs: &[&[], &["recipes/pytorch-dcgan.toml"]] }
    }),
];

impl Model {
    /// The keys that make recipes/pytorch-dcgan.toml this model.
    pub(super) fn keys(&self) -> Vec<String> {
        let Self { size, channels, width, batch, off_forms } = self;
        let mut keys = vec![
            format!("data.size={size}"),
            format!("data.channels={channels}"),
            format!("model.width={width}"),
            format!("train.batch={batch}"),
        ];
        if *off_forms {
            keys.push("heuristics.strided-downsampling=false".into());
            keys.push("heuristics.strided-upsampling=false".into());
        }
        keys
    }

    /// The options that make the model of the peers' scripts this model.
    pub(super) fn options(&self) -> Vec<String> {
        let Self { size, channels, width, batch, off_forms } = self;
        let sizes = [("--size", size), ("--channels", channels), ("--width", width), ("--batch", batch)];
        let mut options: Vec<String> =
            sizes.iter().flat_map(|(name, value)| [(*name).into(), value.to_string()]).collect();
        if *off_forms {
            options.push("--off-forms".into());
        }
        options
    }
}

impl Work {
    /// The Python packages that its peers need.
    pub(super) fn packages(&self) -> &'static [&'static str] {
        match self {
            Self::Train { peer: Peer::Keras, .. } => &["keras", "tensorflow"],
            Self::Train { .. } | Self::Sample { .. } | Self::Operators => &["torch", "numpy"],
            Self::EndToEnd { .. } | Self::Start { .. } => &[],
        }
    }
}

/// The rows with these names; all rows if there are no names.
///
/// # Errors
///
/// There is no such row; the hint lists the rows.
pub(super) fn named(names: &[&str]) -> Result<Vec<&'static Row>, String> {
    if names.is_empty() {
        return Ok(ROWS.iter().collect());
    }
    let find = |name: &&str| {
        let known = || ROWS.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
        ROWS.iter()
            .find(|row| row.name == *name)
            .ok_or_else(|| format!("error: there is no row `{name}` to measure\nhint: the rows are {}", known()))
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_names_of_their_own() {
        for (at, row) in ROWS.iter().enumerate() {
            assert!(ROWS[..at].iter().all(|other| other.name != row.name && other.title != row.title), "{}", row.name);
        }
    }

    #[test]
    fn every_comparison_includes_the_usual_script() {
        for row in ROWS {
            match &row.work {
                Work::Train { peer: Peer::PyTorch(modes), .. } => {
                    assert!(modes.contains(&USUAL_TRAINING), "{}", row.name)
                }
                Work::Sample { modes, .. } => assert!(modes.contains(&USUAL_SAMPLING), "{}", row.name),
                _ => {}
            }
        }
    }

    #[test]
    fn an_unknown_row_is_an_error_that_lists_the_rows() {
        let error = named(&["dcgan-64", "dcgan-63"]).expect_err("no such row");
        assert!(error.contains("`dcgan-63`") && error.contains("hint: the rows are dcgan-64, "), "{error}");
        assert_eq!(named(&["start"]).expect("a row").len(), 1);
        assert_eq!(named(&[]).expect("all").len(), ROWS.len());
    }

    #[test]
    fn a_model_is_the_same_for_us_and_for_the_peers() {
        let model = Model { off_forms: true, ..small(1, 32) };
        let keys = "data.size=32 data.channels=1 model.width=32 train.batch=64 heuristics.strided-downsampling=false \
                    heuristics.strided-upsampling=false";
        assert_eq!(model.keys().join(" "), keys);
        assert_eq!(model.options().join(" "), "--size 32 --channels 1 --width 32 --batch 64 --off-forms");
    }
}
