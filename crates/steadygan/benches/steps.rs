//! Times whole training steps, or sampling, through the library's own loop.
//!
//! `cargo bench -p steadygan --bench steps -- train STEPS [KEY=VALUE]…` or `… -- sample COUNT [KEY=VALUE]…`: the keys are a recipe's,
//! laid over `recipes/pytorch-dcgan.toml` on the embedded images. One line of JSON: the milliseconds of each of `STEPS` steps after
//! three that are not counted, or of generating `COUNT` images; and the peak memory. `RAYON_NUM_THREADS` sets the threads.
//! `cargo xtask bench` alternates it with its peers.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use burn::prelude::Device;
use std::time::Instant;
use steadygan::plan::Plan;
use steadygan::recipe::LayeredRecipe;
use steadygan::run::prepare;
use steadygan::train::{Observer, State, train};
use steadygan::{Result, rng};

/// As in the program: every operator allocates its output.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RECIPE: &str = include_str!("../../../recipes/pytorch-dcgan.toml");

/// Steps before those that are counted: buffers are made, pages are touched.
const WARM_UP: usize = 3;

fn main() {
    // As in the program: this thread works too.
    rayon::ThreadPoolBuilder::new().use_current_thread().build_global().expect("the pool is built once");
    // Cargo adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["train", count, ref keys @ ..] => run(count, keys, train_steps),
        ["sample", count, ref keys @ ..] => run(count, keys, sample_images),
        // `cargo test --benches` runs it without arguments.
        _ => Ok(()),
    };
    if let Err(error) = done {
        eprintln!("error: {error}\nhint: {}", error.hint());
        std::process::exit(1);
    }
}

/// Measures and prints.
fn run(count: &str, keys: &[&str], measure: fn(usize, &LayeredRecipe) -> Result<Vec<f64>>) -> Result<()> {
    let count: usize = count.parse().expect("the count is a number");
    let mut recipe = LayeredRecipe::default();
    recipe.lay_text(RECIPE, "pytorch-dcgan")?;
    for assignment in keys {
        recipe.lay_assignment(assignment, "the command line")?;
    }
    let times = measure(count, &recipe)?;
    let peak = peak_memory_bytes().map_or("null".to_owned(), |bytes| bytes.to_string());
    println!("{{\"times_ms\": {times:?}, \"peak_bytes\": {peak}}}");
    Ok(())
}

/// Training as the program does it, without a run directory.
fn train_steps(steps: usize, recipe: &LayeredRecipe) -> Result<Vec<f64>> {
    let (mut plan, data) = prepare(recipe)?;
    plan.train.images = ((WARM_UP + steps) * plan.train.batch) as u64;
    let device = Device::flex().autodiff();
    let mut state = State::new(&plan, &device);
    // The first sheet and checkpoint are due before the first step.
    let mut watch = Stopwatch { laps: vec![Instant::now()] };
    train(&plan, &data, &mut state, &device, &mut watch)?;
    let laps = watch.laps.windows(2).map(|lap| (lap[1] - lap[0]).as_secs_f64() * 1e3);
    Ok(laps.skip(WARM_UP).collect())
}

/// Notes when each step ends.
struct Stopwatch {
    laps: Vec<Instant>,
}

impl Observer for Stopwatch {
    fn step(&mut self, _: u64) {
        self.laps.push(Instant::now());
    }
}

/// Sampling as the program does it, in evaluation mode and without files; once before that is counted.
fn sample_images(count: usize, recipe: &LayeredRecipe) -> Result<Vec<f64>> {
    let plan = Plan::decide(recipe, 3)?;
    let generator = State::new(&plan, &Device::flex()).generator;
    let draw = |count| plan.model.latent_distribution.sample(count, plan.model.latent, &mut rng::stream(0, "bench", 0));
    generator.sample(&draw(plan.train.batch), &Device::flex());
    let latents = draw(count);
    let began = Instant::now();
    std::hint::black_box(generator.sample(&latents, &Device::flex()));
    Ok(vec![began.elapsed().as_secs_f64() * 1e3])
}

/// The most memory that the process had in use, where the system says it.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}
