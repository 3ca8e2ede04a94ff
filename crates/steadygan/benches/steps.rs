//! Times whole training steps, or sampling, through the library's own loop.
//!
//! `cargo bench -p steadygan --bench steps -- train STEPS [KEY=VALUE]…` or `… -- sample COUNT [KEY=VALUE]…`. The keys
//! change the recipe `recipes/pytorch-dcgan.toml`, on the embedded images; `embedded STEPS` trains with the embedded
//! recipe instead.
//!
//! The output is one line of JSON: the milliseconds of each of `STEPS` steps (after three steps that are not counted),
//! or of generating `COUNT` images; the peak memory; the networks' trainable parameters; the real images of a step.
//! With `-` instead of the number, every line of stdin is such a number and gets such a line as its answer, so that
//! another program (`cargo xtask bench`) can alternate between several processes. `RAYON_NUM_THREADS` sets the number
//! of threads.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use burn::prelude::Device;
use std::time::Instant;
use steadygan::nn::LayerTable;
use steadygan::recipe::{EMBEDDED, LayeredRecipe};
use steadygan::run::{initial_state, prepare};
use steadygan::train::{Observer, State, train};
use steadygan::{Result, rng};

/// The program's allocator, because every operator allocates its output.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The recipe that `train` and `sample` start from.
const RECIPE: &str = include_str!("../../../recipes/pytorch-dcgan.toml");

/// Steps that are not counted, because they allocate buffers and touch memory pages for the first time.
const WARM_UP: usize = 3;

/// More images than a run ever gets to: training ends when there are no more turns.
const ENDLESS: u64 = 1 << 53;

/// The number of steps or images of each measurement (turn).
type Turns = Box<dyn Iterator<Item = usize>>;

fn main() {
    // This thread is part of the pool, as in the program.
    rayon::ThreadPoolBuilder::new().use_current_thread().build_global().expect("the pool is built once");
    // Cargo adds the flag `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["train", count, ref keys @ ..] => run(RECIPE, count, keys, train_steps),
        ["embedded", count, ref keys @ ..] => run(EMBEDDED, count, keys, train_steps),
        ["sample", count, ref keys @ ..] => run(RECIPE, count, keys, sample_images),
        // `cargo test --benches` runs this program without arguments.
        _ => Ok(()),
    };
    if let Err(error) = done {
        eprintln!("error: {error}\nhint: {}", error.hint());
        std::process::exit(1);
    }
}

/// Applies the keys to the recipe and calls `measure`.
fn run(base: &str, count: &str, keys: &[&str], measure: fn(Turns, &LayeredRecipe) -> Result<()>) -> Result<()> {
    let mut recipe = steadygan::heuristics::recipe();
    recipe.lay_text(base, "the recipe")?;
    for assignment in keys {
        recipe.lay_assignment(assignment, "the command line")?;
    }
    measure(turns(count), &recipe)
}

fn turns(count: &str) -> Turns {
    let number = |text: &str| text.trim().parse().expect("the count is a number");
    match count {
        "-" => Box::new(std::io::stdin().lines().map(move |line| number(&line.expect("stdin is text")))),
        count => Box::new(std::iter::once(number(count))),
    }
}

/// Measures training as the program does it, but without a run directory.
fn train_steps(turns: Turns, recipe: &LayeredRecipe) -> Result<()> {
    let (mut plan, data) = prepare(recipe)?;
    plan.train.images = ENDLESS;
    let device = Device::flex().autodiff();
    let mut state = initial_state(&plan, &device)?;
    let (parameters, images) = (parameters(&state), plan.train.round());
    let mut watch =
        Stopwatch { turns, parameters, images, warm: false, due: WARM_UP, times: Vec::new(), began: Instant::now() };
    train(&plan, &data, &mut state, &device, &mut watch)?;
    Ok(())
}

/// Measures the time of steps, one turn after another.
struct Stopwatch {
    turns: Turns,
    parameters: [usize; 2],
    /// Real images of a step.
    images: u64,
    warm: bool,
    /// Steps of this turn; 0 if there are no more turns.
    due: usize,
    times: Vec<f64>,
    began: Instant,
}

impl Observer for Stopwatch {
    fn step(&mut self, _: u64) {
        self.times.push(milliseconds(self.began));
        if self.times.len() == self.due {
            if self.warm {
                answer(&self.times, self.parameters, self.images);
            }
            self.warm = true;
            self.times.clear();
            self.due = self.turns.next().unwrap_or(0);
        }
        self.began = Instant::now();
    }

    fn wants_stop(&self) -> bool {
        self.due == 0
    }
}

/// Measures sampling as the program does it, in evaluation mode, but without files. One batch first is not counted.
fn sample_images(turns: Turns, recipe: &LayeredRecipe) -> Result<()> {
    let plan = steadygan::decide::decide(recipe, 3)?;
    let state = initial_state(&plan, &Device::flex())?;
    let draw = |count| plan.model.latent_distribution.sample(count, plan.model.latent, &mut rng::stream(0, "bench", 0));
    state.generator.sample(&draw(plan.train.batch), None, &Device::flex());
    for count in turns {
        let latents = draw(count);
        let began = Instant::now();
        std::hint::black_box(state.generator.sample(&latents, None, &Device::flex()));
        answer(&[milliseconds(began)], parameters(&state), 0);
    }
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// The trainable parameters of the generator and of the discriminator.
fn parameters(state: &State) -> [usize; 2] {
    [&state.generator, &state.discriminator].map(|network| LayerTable::of("", network).trainable())
}

fn answer(times_ms: &[f64], parameters: [usize; 2], images: u64) {
    let peak = peak_memory_bytes().map_or("null".to_owned(), |bytes| bytes.to_string());
    println!(
        "{{\"times_ms\": {times_ms:?}, \"peak_bytes\": {peak}, \"parameters\": {parameters:?}, \"images\": {images}}}"
    );
}

/// The process's peak memory, if the system reports it.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}
