use super::*;

const TEXT: &str = r#"
recipe = "recipes/fashion.toml"
design = "leave-one-out"
seeds = 3
images = "20k"
budget = "1.5h"
margin = 0.05
[set]
model.width = 16
[factors]
batch-norm = true
adam.lr = [1e-4, 2e-4, 4e-4]
label-smoothing = [false, true, { real = 0.95, fake = 0.15 }]
model.latent = [64, 100]
[controls.fixed-labels]
of = ["label-smoothing"]
set.heuristics.label-smoothing = { real = 0.95, fake = 0.15 }
"#;

fn factors_of(text: &str) -> Result<Vec<Factor>> {
    let is_heuristic = |name: &str| ["adam", "batch-norm", "label-smoothing", "noisy-labels"].contains(&name);
    let base = |key: &str| match key {
        "heuristics.adam.lr" => Some(Value::Float(2e-4)),
        "heuristics.batch-norm" => Some(Value::Boolean(true)),
        _ => None,
    };
    StudyRecipe::parse(text, "a.toml")?.factors(is_heuristic, base)
}

#[test]
fn a_file_says_what_it_says_and_survives() {
    let study = StudyRecipe::parse(TEXT, "a.toml").unwrap();
    assert_eq!(
        (study.design, study.seeds.clone(), study.images),
        (Design::LeaveOneOut, Some(Seeds::Count(3)), Some(Count(20_000)))
    );
    assert_eq!((study.budget, study.distance), (Some(Budget { seconds: 5400 }), None));
    assert!((study.settings().margin - 1.05f64.ln()).abs() < 1e-12);
    let again = StudyRecipe::parse(&toml::to_string(&study).unwrap(), "again").unwrap();
    assert_eq!(again, study);
    assert_eq!(StudyRecipe::parse("", "empty").unwrap(), StudyRecipe::default());
}

#[test]
fn factors_are_switches_or_values_with_the_base_recipe_among_them() {
    let factors = factors_of(TEXT).unwrap();
    let of = |name: &str| factors.iter().find(|factor| factor.name == name).unwrap();
    let lr = of("adam.lr");
    assert_eq!((lr.key.as_str(), lr.off, lr.on, lr.base), ("heuristics.adam.lr", 1, 1, 1));
    let norm = of("batch-norm");
    assert_eq!((norm.key.as_str(), norm.off, norm.on, norm.base), ("heuristics.batch-norm", 0, 1, 1));
    let smoothing = of("label-smoothing");
    assert_eq!((smoothing.levels.len(), smoothing.comparisons().collect::<Vec<_>>()), (3, vec![(1, 0), (2, 1)]));
    assert_eq!((of("model.latent").key.as_str(), of("model.latent").base), ("model.latent", 0));
}

#[test]
fn what_does_not_fit_is_refused_by_its_key() {
    let refused = |text: &str| factors_of(text).unwrap_err();
    let unknown = refused("sedes = 3");
    assert_eq!(unknown.to_string(), "unknown key `sedes` (a.toml)");
    assert!(unknown.hint().contains("`seeds`"), "{}", unknown.hint());
    for (text, said) in [
        ("design = 'leave-two-out'", "a.toml is not a study: unknown variant `leave-two-out`"),
        ("budget = 'soon'", "`soon` is no length of time"),
        ("budget = '-3m'", "`-3m` is no length of time"),
        ("budget = '1e9h'", "`1e9h` is no length of time"),
        ("margin = 0.0", "`margin = 0` does not fit"),
        ("confidence = 1.0", "`confidence = 1`"),
        ("design = 'add-one-in'\nseeds = 1", "the design add-one-in needs 2 seeds, not 1"),
        ("seeds = 0", "the design fold-over needs 1 seed, not 0"),
        ("seeds = [1, 2, 1]", "`seeds = [1, 2, 1]`"),
        ("[factors]\nadam.lr = 1e-4", "the factor `adam.lr = 0.0001` has no levels"),
        ("[factors]\nadam.lr = [1e-4]", "the factor `adam.lr` needs two values or more"),
        ("[factors]\nadam.lr = [1e-4, 1e-4]", "the factor `adam.lr` needs two values or more"),
        ("[factors]\nbatch-norm = false", "the factor `batch-norm = false` has no levels"),
        ("[controls.x]\nof = ['adam']\nset = {}", "the control `x` is of `adam`, which is no factor"),
        ("[controls.x]\nof = []\nsets = {}", "a.toml is not a study: unknown field `sets`"),
        ("seeds = 2\nfactors = 3 3", "a.toml is not a study: line 2: "),
        ("[factors]\nadam = true\nadam = true", "a.toml is not a study: line 3: duplicate key"),
        (
            "[factors]\nadam = true\nheuristics.adam = true",
            "the factors `adam` and `heuristics.adam` set the same recipe key",
        ),
        ("[factors]\nadam = true\nheuristics.adam.lr = [1e-4, 1e-3]", "`adam` and `heuristics.adam.lr` set the same"),
        ("[set]\ntrain.images = '20k'", "`train.images = \"20k\"` in [set] is not a study's to set"),
        ("[set]\ntrain.metric-every = 'off'", "`train.metric-every = \"off\"` in [set] is not"),
        ("[controls.x]\nof = []\nset.train.images = 1", "`train.images = 1` in [controls.x] is not"),
        ("[factors]\nseed = [1, 2]", "`seed` is the same in all runs that are compared"),
        ("[factors]\ntrain.images = [64, 128]", "`train.images` is the same in all runs"),
    ] {
        let error = refused(text).to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}

/// The example in docs/study.md is read as a study: four factors, in a fold-over of twice eight rows.
#[test]
fn the_documented_file_is_read() {
    let page = include_str!("../../../../docs/study.md");
    let (_, example) = page.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let study = StudyRecipe::parse(example, "docs/study.md").unwrap();
    let factors = factors_of(example).unwrap();
    assert_eq!((study.design.rows(&factors).unwrap().len(), study.controls.len()), (16, 1));
}
