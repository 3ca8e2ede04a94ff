//! Times the three convolution passes on the layers of DCGAN, and batch normalisation, Adam and activations beside
//! them.
//!
//! `cargo run --release -p steadygan-kernels --example layers [ROUNDS] [NAME]`: every operator runs once a round, after
//! all the others, so caches are as cold as in a training step. Columns: milliseconds `median / min`, and GFLOP/s of
//! the direct computation at the minimum. `NAME` keeps the layers whose name contains it.
//!
//! `… layers list` prints the layers and the instruction set as JSON; `… layers turns` answers each line `INDEX PASS`
//! of stdin, such as `2 forward`, with a line of JSON that holds the milliseconds of that pass of the list's layer, so
//! that another program can take turns with it: `cargo xtask bench` does.

use std::time::Instant;

use steadygan_kernels::*;

/// Images of a batch.
const BATCH: usize = 64;

struct Layer {
    name: &'static str,
    g: Conv,
    x: Vec<f32>,
    w: Vec<f32>,
    y: Vec<f32>,
    dx: Vec<f32>,
    dw: Vec<f32>,
    dy: Vec<f32>,
    times: [Vec<f64>; 3],
}

fn layer(name: &'static str, channels: [usize; 2], size: usize, kernel: usize, stride: usize, pad: usize) -> Layer {
    let g = Conv {
        batch: BATCH,
        in_channels: channels[0],
        in_height: size,
        in_width: size,
        out_channels: channels[1],
        kernel,
        stride,
        pad_before: pad,
        pad_after: pad,
    };
    let wave = |len: usize| (0..len).map(number).collect::<Vec<_>>();
    Layer {
        name,
        x: wave(g.input_len()),
        w: wave(g.weight_len()),
        dy: wave(g.output_len()),
        y: vec![0.0; g.output_len()],
        dx: vec![0.0; g.input_len()],
        dw: vec![0.0; g.weight_len()],
        times: Default::default(),
        g,
    }
}

/// A number in [-1, 1] for each index.
fn number(index: usize) -> f32 {
    (index * 7919 % 8191) as f32 / 4095.0 - 1.0
}

/// The passes of a convolution, by their names on stdin.
const PASSES: [&str; 3] = ["forward", "input-gradient", "weight-gradient"];

impl Layer {
    /// The milliseconds of one of [`PASSES`].
    fn run(&mut self, pass: usize) -> f64 {
        let Layer { g, x, w, y, dx, dw, dy, .. } = self;
        milliseconds(|| match pass {
            0 => conv(g, x, w, y),
            1 => conv_input_gradient(g, dy, w, dx),
            _ => conv_weight_gradient(g, x, dy, dw),
        })
    }

    fn round(&mut self) {
        for pass in 0..PASSES.len() {
            let time = self.run(pass);
            self.times[pass].push(time);
        }
    }

    fn json(&self) -> String {
        let Conv { batch, in_channels, out_channels, in_height, kernel, stride, pad_before, .. } = self.g;
        let channels = format!("\"batch\": {batch}, \"in_channels\": {in_channels}, \"out_channels\": {out_channels}");
        let space =
            format!("\"size\": {in_height}, \"kernel\": {kernel}, \"stride\": {stride}, \"padding\": {pad_before}");
        format!("{{\"name\": \"{}\", {channels}, {space}}}", self.name)
    }

    fn print(&mut self) {
        let operations = 2.0 * self.g.multiply_adds() as f64;
        print!("{:22}", self.name);
        for times in &mut self.times {
            let (median, least) = summary(times);
            print!("{median:9.2} /{least:7.2} {:6.0} |", operations / least / 1e6);
        }
        println!();
    }
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn summary(times: &mut [f64]) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[0])
}

fn layers() -> Vec<Layer> {
    vec![
        layer("64: 3-64 @64 4x4/2", [3, 64], 64, 4, 2, 1),
        layer("64: 64-128 @32 4x4/2", [64, 128], 32, 4, 2, 1),
        layer("64: 128-256 @16 4x4/2", [128, 256], 16, 4, 2, 1),
        layer("64: 256-512 @8 4x4/2", [256, 512], 8, 4, 2, 1),
        layer("64: 512-1 @4 4x4", [512, 1], 4, 4, 1, 0),
        layer("64: 512-100 @4 4x4", [512, 100], 4, 4, 1, 0),
        layer("32: 1-32 @32 4x4/2", [1, 32], 32, 4, 2, 1),
        layer("32: 3-64 @32 4x4/2", [3, 64], 32, 4, 2, 1),
        layer("32: 32-64 @16 4x4/2", [32, 64], 16, 4, 2, 1),
        layer("32: 64-128 @8 4x4/2", [64, 128], 8, 4, 2, 1),
        layer("off: 3-64 @64 3x3", [3, 64], 64, 3, 1, 1),
        layer("off: 64-64 @32 3x3", [64, 64], 32, 3, 1, 1),
        layer("off: 64-128 @32 3x3", [64, 128], 32, 3, 1, 1),
        layer("off: 256-512 @8 3x3", [256, 512], 8, 3, 1, 1),
        layer("1x1: 128-128 @16", [128, 128], 16, 1, 1, 0),
    ]
}

/// Batch normalisation of 64 channels at 32 x 32, leaky ReLU and tanh of as many numbers, Adam on 2 M parameters.
fn others(rounds: usize) {
    let (channels, plane) = (64, 1024);
    let x: Vec<f32> = (0..BATCH * channels * plane).map(number).collect();
    let (mut y, mut mean, mut variance) = (x.clone(), vec![0.0; channels], vec![0.0; channels]);
    let (gamma, beta) = (vec![1.0; channels], vec![0.0; channels]);
    let (mut dgamma, mut dbeta) = (gamma.clone(), beta.clone());
    let len = 1 << 21;
    let (mut p, mut m, mut v) = (vec![0.1; len], vec![0.0; len], vec![0.0; len]);
    let mut times: [(&str, Vec<f64>); 7] =
        ["moments", "batch_norm", "batch_norm_gradient", "leaky_relu", "leaky_relu_gradient", "tanh", "adam 2M"]
            .map(|name| (name, Vec::new()));
    for step in 1..=rounds as u64 {
        times[0].1.push(milliseconds(|| channel_moments(&x, channels, plane, &mut mean, &mut variance)));
        let norm = BatchNorm {
            channels,
            plane,
            mean: &mean,
            variance: &variance,
            gamma: &gamma,
            beta: &beta,
            epsilon: 1e-5,
            slope: Some(0.2),
        };
        times[1].1.push(milliseconds(|| batch_norm(&norm, &x, &mut y)));
        times[2].1.push(milliseconds(|| batch_norm_gradient(&norm, &x, &x, &mut y, &mut dgamma, &mut dbeta)));
        times[3].1.push(milliseconds(|| leaky_relu(&x, 0.2, &mut y)));
        times[4].1.push(milliseconds(|| leaky_relu_gradient(&x, 0.2, &x, &mut y)));
        times[5].1.push(milliseconds(|| tanh(&x, &mut y)));
        let s = AdamStep { lr: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, step };
        times[6].1.push(milliseconds(|| adam(&s, &mut p, &x[..len], &mut m, &mut v)));
    }
    for (name, times) in &mut times {
        let (median, least) = summary(times);
        println!("{name:22}{median:9.2} /{least:7.2}");
    }
}

fn list() {
    let layers: Vec<String> = layers().iter().map(Layer::json).collect();
    println!("{{\"instruction_set\": \"{:?}\", \"layers\": [{}]}}", instruction_set(), layers.join(", "));
}

fn take_turns() {
    let mut layers = layers();
    for line in std::io::stdin().lines() {
        let line = line.expect("stdin is text");
        let (index, pass) = line.split_once(' ').expect("a line is `INDEX PASS`");
        let index: usize = index.parse().expect("the index is a number");
        let pass = PASSES.iter().position(|name| *name == pass).expect("the pass is one of the three");
        println!("{{\"times_ms\": [{:?}]}}", layers[index].run(pass));
    }
}

fn table(rounds: usize, name: &str) {
    println!("{:?}, {} threads, batch {BATCH}, {rounds} rounds", instruction_set(), rayon::current_num_threads());
    println!("{:22}{:^26}|{:^26}|{:^26}|", "layer", "forward", "input gradient", "weight gradient");
    let mut layers = layers();
    layers.retain(|layer| layer.name.contains(name));
    for _ in 0..rounds {
        layers.iter_mut().for_each(Layer::round);
    }
    layers.iter_mut().for_each(Layer::print);
    if name.is_empty() {
        others(rounds);
    }
}

fn main() {
    rayon::ThreadPoolBuilder::new().use_current_thread().build_global().expect("the pool is built once");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => list(),
        ["turns"] => take_turns(),
        [] => table(9, ""),
        [rounds, ref name @ ..] => {
            table(rounds.parse().expect("the rounds are a number"), name.first().copied().unwrap_or_default());
        }
    }
}
