//! `steadygan data`: inspects images, and packs them so that they are decoded only once for all runs.

use crate::arguments::{Options, Recipe};
use crate::commands::{answer_path, shortened, warn, warn_of};
use crate::console::answer;
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use steadygan::data::{self, Dataset, Inspection};
use steadygan::decide::Draft;
use steadygan::pictures::picture_of_reals;
use steadygan::pictures::sheet::encode_png;
use steadygan::plan::Plan;
use steadygan::recipe::LayeredRecipe;
use steadygan::run::decide_for;
use steadygan::{Error, Result};
use steadygan_run::write_atomically;

/// Images on the sheet: eight rows of eight.
const SHEET: usize = 64;

/// The default file of the sheet. A file with this name is overwritten, whatever wrote it.
const INSPECTED: &str = "inspected.png";

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Show what images there are, which of them are odd, and what a recipe makes of them
    Inspect(Inspect),
    /// Decode and resize images once, into a file that every run opens at once
    Pack(Pack),
}

/// Images, and the recipe that they are for.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// Anything that `data.source` takes
    path: String,
    /// A recipe file (default: the embedded one)
    #[arg(long, value_name = "RECIPE")]
    recipe: Option<PathBuf>,
    /// Any recipe key, such as data.size=64
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Source {
    fn recipe(&self) -> Result<LayeredRecipe> {
        data::require_images(&self.path)?;
        Recipe::on(&self.path, self.recipe.as_deref(), &self.set).layered()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    source: Source,
    /// Where a sheet of 8 × 8 images goes, as they are trained on
    #[arg(long, value_name = "FILE.png", default_value = INSPECTED)]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Pack {
    #[command(flatten)]
    source: Source,
    /// The pack's file (default: beside the images, NAME-SIZEpx.pack.safetensors)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn data(command: &DataCommand, options: &Options) -> Result<ExitCode> {
    match command {
        DataCommand::Inspect(arguments) => inspect(arguments, options),
        DataCommand::Pack(arguments) => pack(arguments, options),
    }
}

fn pack(arguments: &Pack, options: &Options) -> Result<ExitCode> {
    let recipe = arguments.source.recipe()?.recipe()?;
    let packed = data::pack(&recipe.data.plan(), arguments.out.as_deref())?;
    if !options.quiet {
        warn_of(&packed.skipped, packed.images);
    }
    answer_path("pack", &packed.path, options);
    Ok(ExitCode::SUCCESS)
}

/// A recipe's plan and data set for the images, or the reason why it cannot train on them.
type Made = Result<(Plan, Dataset)>;

fn inspect(arguments: &Inspect, options: &Options) -> Result<ExitCode> {
    let recipe = arguments.source.recipe()?;
    // Mistakes in the recipe are reported before images are read.
    let draft = Draft::new(&recipe)?;
    let asked = draft.recipe().clone();
    check_free(&arguments.out, Path::new(&asked.data.plan().source))?;
    let (inspection, dataset) = data::inspect(&asked.data.plan())?;
    let sheet = match &dataset {
        Ok(dataset) => Some(sheet(dataset, asked.seed)?),
        Err(_) => None,
    };
    if let Some(dataset) = dataset.as_ref().ok().filter(|_| !options.quiet) {
        warn(dataset);
    }
    if let Some(png) = &sheet {
        write_atomically(&arguments.out, png)?;
    }
    let sheet = sheet.map(|_| arguments.out.display().to_string());
    let made = dataset.and_then(|dataset| Ok((decide_for(draft, &dataset)?, dataset)));
    answer(&if options.json { json(&inspection, &made, sheet) } else { table(&inspection, &made, sheet) });
    Ok(ExitCode::SUCCESS)
}

/// Refuses a sheet that would lie among the images, and so be one of them next time, or that would overwrite another
/// file.
fn check_free(sheet: &Path, source: &Path) -> Result<()> {
    let shown = sheet.display();
    if source.is_dir() && source.canonicalize().is_ok_and(|source| folder_for(sheet).starts_with(source)) {
        let message = format!("the sheet {shown} would lie among the images");
        return Err(Error::data(message, "name a file outside of their folder: --out FILE.png"));
    }
    if sheet.exists() && sheet.file_name() != Some(INSPECTED.as_ref()) {
        return Err(Error::data(format!("{shown} is there already"), "name a new file: --out FILE.png"));
    }
    Ok(())
}

/// The folder of a file, or the nearest folder above it that exists.
fn folder_for(file: &Path) -> PathBuf {
    let above = file.ancestors().skip(1).map(|folder| Path::new(".").join(folder));
    above.filter_map(|folder| folder.canonicalize().ok()).next().unwrap_or_default()
}

/// A picture of the images that training uses first, as PNG.
fn sheet(dataset: &Dataset, seed: u64) -> Result<Vec<u8>> {
    encode_png(&picture_of_reals(&data::first_training_samples(&dataset.train, seed, SHEET)))
}

fn json(inspection: &Inspection, made: &Made, sheet: Option<String>) -> String {
    let mut object = serde_json::to_value(inspection).expect("an inspection is plain data");
    object["recipe"] = match made {
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

fn table(inspection: &Inspection, made: &Made, sheet: Option<String>) -> String {
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
    row("recipe", &made_of(inspection, made));
    row("sheet", sheet.as_deref().unwrap_or("none"));
    text
}

fn counted(count: usize, which: &str) -> String {
    if which.is_empty() { count.to_string() } else { format!("{count}: {which}") }
}

fn made_of(inspection: &Inspection, made: &Made) -> String {
    let (plan, dataset) = match made {
        Ok(made) => made,
        Err(error) => return format!("cannot train on them: {error}\n{:<12}{}", "", hint(error)),
    };
    let colour = if plan.model.channels == 1 { "grey" } else { "colour" };
    let size = plan.model.size;
    format!(
        "{size}×{size} pixels, {colour}: {} to train on, {} held out\n\
         {:<12}{} cropped to the centre square, {} made smaller, {} made larger",
        dataset.train.count(),
        dataset.holdout.count(),
        "",
        inspection.cropped,
        inspection.shrunk,
        inspection.enlarged,
    )
}

fn hint(error: &Error) -> String {
    format!("hint: {}", error.hint())
}
