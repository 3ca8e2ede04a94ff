//! `steadygan data`: inspects images, and packs them so that they are decoded only once for all runs.

use crate::arguments::{DataCommand, Inspect, Options, Pack, SHEET_FILE};
use crate::console::{answer, answer_path, shortened, warn, warn_of_skipped};
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use steadygan::data::{self, Dataset, Fit, Inspection};
use steadygan::decide::Draft;
use steadygan::files::{require_ending, require_free};
use steadygan::pictures::picture_of_reals;
use steadygan::pictures::sheet::encode_png;
use steadygan::plan::Plan;
use steadygan::run::decide_for;
use steadygan::{Error, Result};
use steadygan_run::write_atomically;

/// Images on the sheet: eight rows of eight.
const SHEET: usize = 64;

pub(crate) fn data(command: &DataCommand, options: &Options) -> Result<ExitCode> {
    match command {
        DataCommand::Inspect(arguments) => inspect(arguments, options),
        DataCommand::Pack(arguments) => pack(arguments, options),
    }
}

fn pack(arguments: &Pack, options: &Options) -> Result<ExitCode> {
    if let Some(out) = &arguments.out {
        require_ending(out, &["safetensors", ""], "a pack's name ends in .safetensors: --out FILE.safetensors")?;
    }
    let recipe = arguments.source.recipe()?.recipe()?;
    let packed = data::pack(&recipe.data.plan(), arguments.out.as_deref())?;
    if !options.quiet {
        warn_of_skipped(&packed.skipped, packed.images);
        warn(&packed.warnings);
    }
    answer_path("pack", &packed.path, options.json)?;
    Ok(ExitCode::SUCCESS)
}

/// A recipe's plan and data set for the images, or the reason why it cannot train on them.
type RecipeResult = Result<(Plan, Dataset)>;

fn inspect(arguments: &Inspect, options: &Options) -> Result<ExitCode> {
    let recipe = arguments.source.recipe()?;
    // Mistakes in the recipe are reported before images are read.
    let draft = Draft::new(&recipe)?;
    let requested = draft.recipe().clone();
    require_ending(&arguments.out, &["png"], "a sheet's name ends in .png: --out FILE.png")?;
    require_outside(&arguments.out, &requested.data.plan().source)?;
    require_free(&arguments.out, arguments.overwrite.allows(&arguments.out, SHEET_FILE))?;
    let (inspection, dataset) = data::inspect(&requested.data.plan())?;
    let sheet = match &dataset {
        Ok(dataset) => Some(sheet(dataset, requested.seed)?),
        Err(_) => None,
    };
    if !options.quiet {
        warn(dataset.as_ref().map_or(&inspection.warnings, |dataset| &dataset.warnings));
    }
    if let Some(png) = &sheet {
        write_atomically(&arguments.out, png)?;
    }
    let sheet = sheet.map(|_| arguments.out.display().to_string());
    let refused = dataset.as_ref().err().cloned();
    let recipe_result = dataset.and_then(|dataset| Ok((decide_for(draft, &dataset)?, dataset)));
    answer(&if options.json {
        json(&inspection, &recipe_result, sheet)
    } else {
        table(&inspection, &recipe_result, sheet)
    })?;
    // The answer is whole, and a script is told that these images are refused.
    refused.map_or(Ok(ExitCode::SUCCESS), Err)
}

/// Refuses a sheet that would lie among the images, and so be one of them next time.
fn require_outside(sheet: &Path, source: &str) -> Result<()> {
    if data::would_be_data(source, sheet) {
        let message = format!("the sheet {} would lie among the images", sheet.display());
        return Err(Error::data(message, "name a file outside of their folder: --out FILE.png"));
    }
    Ok(())
}

/// A picture of the images that training uses first, as PNG.
fn sheet(dataset: &Dataset, seed: u64) -> Result<Vec<u8>> {
    encode_png(&picture_of_reals(&data::first_training_samples(&dataset.train, seed, SHEET)))
}

fn json(inspection: &Inspection, recipe_result: &RecipeResult, sheet: Option<String>) -> String {
    let mut object = serde_json::to_value(inspection).expect("an inspection is plain data");
    object["recipe"] = match recipe_result {
        Ok((plan, dataset)) => serde_json::json!({
            "size": plan.model.size,
            "channels": plan.model.channels,
            "train": dataset.train.count(),
            "holdout": dataset.holdout.count(),
            "fingerprint": dataset.fingerprint,
        }),
        Err(error) => serde_json::json!({ "error": error.to_string(), "hint": error.hint() }),
    };
    object["sheet"] = sheet.into();
    object.to_string()
}

fn table(inspection: &Inspection, recipe_result: &RecipeResult, sheet: Option<String>) -> String {
    let mut text = String::new();
    let mut row = |what: &str, value: &str| {
        let _ = writeln!(text, "{what:<12}{value}");
    };
    let Inspection { images, unreadable, sizes, channels, constant, duplicates, classes, .. } = inspection;
    row("source", &format!("{}: {}", inspection.source, inspection.kind));
    row("images", &images.to_string());
    let counts = sizes.iter().map(|size| format!("{}×{} ({})", size.width, size.height, size.images));
    row("sizes", &shortened(counts, ", "));
    let counts = channels.iter().map(|kind| format!("{} ({})", kind.kind, kind.images));
    row("channels", &shortened(counts, ", "));
    if let Some([least, greatest]) = inspection.levels {
        row("levels", &format!("{least} to {greatest}"));
    }
    row("constant", &counted(constant.len(), &shortened(constant.iter().cloned(), ", ")));
    let equal = duplicates.iter().map(|group| group.join(" = "));
    let copies: usize = duplicates.iter().map(|group| group.len() - 1).sum();
    row("duplicates", &counted(copies, &shortened(equal, ", ")));
    let sizes = classes.iter().map(|class| format!("{} ({})", class.name, class.images));
    row("classes", &counted(classes.len(), &sizes.collect::<Vec<_>>().join(", ")));
    row("unreadable", &counted(unreadable.len(), ""));
    for file in unreadable {
        row("", &format!("{} {}", file.name, file.why));
    }
    row("recipe", &recipe_in_words(inspection, recipe_result));
    row("sheet", sheet.as_deref().unwrap_or("none"));
    text
}

fn counted(count: usize, which: &str) -> String {
    if which.is_empty() { count.to_string() } else { format!("{count}: {which}") }
}

fn recipe_in_words(inspection: &Inspection, recipe_result: &RecipeResult) -> String {
    let (plan, dataset) = match recipe_result {
        Ok(plan_and_dataset) => plan_and_dataset,
        Err(error) => return format!("cannot train on them: {error}\n{:<12}{}", "", hint(error)),
    };
    let colour = if plan.model.channels == 1 { "grey" } else { "colour" };
    let size = plan.model.size;
    format!(
        "{size}×{size} pixels, {colour}: {} to train on, {} held out\n\
         {:<12}{} {}, {} made smaller, {} made larger{}",
        dataset.train.count(),
        dataset.holdout.count(),
        "",
        inspection.cropped + inspection.padded + inspection.stretched,
        match plan.data.fit {
            Fit::Crop => "cropped to the centre square",
            Fit::Pad => "padded to a square",
            Fit::Stretch => "stretched to a square",
        },
        inspection.shrunk,
        inspection.enlarged,
        laid_over_background(inspection),
    )
}

/// That images with alpha lose it, if there are any.
fn laid_over_background(inspection: &Inspection) -> String {
    let with_alpha = inspection.channels.iter().filter(|kind| kind.kind.contains("alpha"));
    match with_alpha.map(|kind| kind.images).sum() {
        0 => String::new(),
        images => format!(", {images} with alpha laid over data.background"),
    }
}

fn hint(error: &Error) -> String {
    format!("hint: {}", error.hint())
}
