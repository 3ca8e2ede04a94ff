//! The commands `train`, `resume`, `generate`, `summary` and `heuristics`. Each turns its arguments into calls of the
//! library and the result into words.

use crate::arguments::{GENERATED_FILE, Generate, Options, Recipe, Resume, StopOptions, Train};
use crate::console::{Console, answer, answer_path, say, warn_of_data};
use std::fmt::Write as _;
use std::process::ExitCode;
use steadygan::Result;
use steadygan::data::Dataset;
use steadygan::generate::{Destination, Latents, Request};
use steadygan::heuristics::{self, Card, cost, recipe_line};
use steadygan::plan::{OnSevere, Plan};
use steadygan::recipe::LayeredRecipe;
use steadygan::run::{ResumeRequest, Run, decide, estimated_memory, layer_tables, prepare};
use steadygan_run::{CheckpointKind, EXIT_INTERRUPTED, EXIT_TRAINING_FAILED, Outcome};

pub(crate) fn train(arguments: &Train, options: &Options) -> Result<ExitCode> {
    let recipe = arguments.recipe.layered()?;
    let on = options.machine(&arguments.device)?;
    let (plan, data) = prepare(&recipe)?;
    if !options.quiet {
        warn_of_data(&data);
        for (role, weights) in &plan.initial_weights {
            say(&format!("the {role} starts from {}", weights.path.display()));
        }
    }
    if arguments.dry_run {
        return dry_run(&recipe, &plan, &data, options);
    }
    let run = Run::start(&recipe, plan, data, &arguments.out, on)?;
    if arguments.tensorboard {
        run.write_events()?;
    }
    train_to_the_end(run, arguments.stop, options)
}

pub(crate) fn resume(arguments: &Resume, options: &Options) -> Result<ExitCode> {
    let run = Run::resume(&ResumeRequest {
        run: arguments.run.clone(),
        images: arguments.images.map(|count| count.0),
        data: arguments.data.clone(),
        checkpoint: arguments.checkpoint.kind()?,
        device: arguments.device.clone(),
        threads: options.threads(),
    })?;
    train_to_the_end(run, arguments.stop, options)
}

fn train_to_the_end(mut run: Run, stop: StopOptions, options: &Options) -> Result<ExitCode> {
    let path = run.directory().path().to_path_buf();
    let (from, to) = (run.images(), run.plan().train.images);
    let say = |text: &str| {
        if !options.quiet {
            say(text);
        }
    };
    say(&format!("training {} to {to} images; pictures and numbers go to {}", run.directory().name(), path.display()));
    let console = Console::new(from, to, options.quiet, options.json);
    let mut console = console.stopped_by(stop.until.map(|count| count.0), stop.attended);
    let outcome = run.train(&mut console);
    console.finish();
    let modes = console.modes().map(|modes| format!("; {modes}")).unwrap_or_default();
    let best = console.best().map(|(distance, images)| format!("best: {distance}, at {images} images\n"));
    let best = best.unwrap_or_default();
    let code = match outcome? {
        Outcome::Diverged { images, quantity } => {
            say(&format!(
                "diverged: {quantity} was not finite after {images} images; the last sound state is in checkpoints/latest\n\
                 next: a smaller step (--set heuristics.adam.lr=1e-4), or the heuristics that are off"
            ));
            ExitCode::from(EXIT_TRAINING_FAILED)
        }
        Outcome::Halted { images, finding } => {
            say(&format!("halted after {images} images: {finding} is severe (train.on-severe)"));
            if run.plan().train.on_severe == OnSevere::Rollback {
                let best = run.directory().has_checkpoint(CheckpointKind::Best);
                say(if best {
                    "rolled back: checkpoints/latest is the best one now"
                } else {
                    "there is no best checkpoint to roll back to: checkpoints/latest is that of the halt"
                });
            }
            say(&format!("next: what is advised above, or steadygan resume {}", path.display()));
            ExitCode::from(EXIT_TRAINING_FAILED)
        }
        Outcome::Stopped { images } => {
            say(&format!("stopped at {images} images\nnext: steadygan resume {}", path.display()));
            ExitCode::from(EXIT_INTERRUPTED)
        }
        Outcome::Running => unreachable!("training has ended"),
        Outcome::Finished { images } => {
            say(&format!(
                "done: {images} images{modes}\n{best}pictures: {}\nnext: steadygan generate {}",
                run.directory().fakes(images).display(),
                path.display()
            ));
            ExitCode::SUCCESS
        }
    };
    answer_path("run", &path, options.json)?;
    Ok(code)
}

fn dry_run(recipe: &LayeredRecipe, plan: &Plan, data: &Dataset, options: &Options) -> Result<ExitCode> {
    let memory = estimated_memory(plan, data)?;
    if options.json {
        let shown = serde_json::json!({ "plan": plan, "networks": layer_tables(plan)?, "memory_bytes": memory });
        answer(&shown.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    for (key, (value, origin)) in plan.spelled_out(recipe)? {
        let _ = writeln!(text, "{key} = {value}  ({origin})");
    }
    let steps = plan.train.images / plan.train.batch as u64;
    let _ = writeln!(
        text,
        "\n{} {} to train on and {} held out, {}\n{} images shown in {steps} steps of {}\n",
        data.train.count(),
        if data.train.images().is_some() { "images" } else { "points" },
        data.holdout.count(),
        match data.train.shape() {
            [1, height, width] => format!("grey of {height}×{width} pixels"),
            [3, height, width] => format!("colour of {height}×{width} pixels"),
            _ => "of the plane".to_owned(),
        },
        plan.train.images,
        plan.train.batch,
    );
    let [generator, discriminator] = layer_tables(plan)?;
    answer(&format!("{text}{generator}\n{discriminator}\nmemory: about {} MiB", memory >> 20))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn generate(arguments: &Generate, options: &Options) -> Result<ExitCode> {
    let checkpoint = arguments.checkpoint.kind()?;
    let latents = match &arguments.latents {
        Some(file) => Latents::File(file.clone()),
        None => Latents::Random { count: arguments.count(), seed: arguments.seed },
    };
    steadygan::generate::generate(&Request {
        run: arguments.run.clone(),
        checkpoint,
        latents,
        class: arguments.class.clone(),
        interpolate: arguments.interpolate,
        destination: Destination::of(&arguments.out)?,
        overwrite: arguments.overwrite.allows(&arguments.out, GENERATED_FILE),
        device: arguments.device.name.clone(),
    })?;
    answer_path("images", &arguments.out, options.json)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn summary(recipe: &Recipe, options: &Options) -> Result<ExitCode> {
    let [generator, discriminator] = layer_tables(&decide(&recipe.layered()?)?)?;
    answer(&if options.json {
        serde_json::json!([generator, discriminator]).to_string()
    } else {
        format!("{generator}\n{discriminator}")
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn heuristics(name: Option<&str>, options: &Options) -> Result<ExitCode> {
    let cards = match name {
        Some(name) => vec![heuristics::card(name)?],
        None => heuristics::cards().collect(),
    };
    answer(&match (name, options.json) {
        (_, true) => cards_in_json(&cards),
        (Some(name), _) => {
            let cost = cost(name).map(|cost| format!("  cost        {cost}\n")).unwrap_or_default();
            format!("{}{cost}  recipe      {}", cards[0], recipe_line(name))
        }
        (None, _) => cards.iter().map(|card| format!("{:<22} {}\n", card.name, card.claim)).collect(),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The heuristics' cards as JSON, each with its cost.
fn cards_in_json(cards: &[&Card]) -> String {
    let with_cost = |card: &&Card| {
        let mut object = serde_json::json!(card);
        object["cost"] = serde_json::json!(cost(card.name));
        object
    };
    serde_json::Value::from_iter(cards.iter().map(with_cost)).to_string()
}
