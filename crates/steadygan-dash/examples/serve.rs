//! Serves the dashboard of a folder without the rest of SteadyGAN, for work on the pages: `cargo run -p steadygan-dash
//! --example serve -- FOLDER [PORT]` builds in seconds. With a third argument, the `steadygan` program, the explorer
//! works too.

use std::path::Path;
use steadygan_dash::Dashboard;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().map_or(".", String::as_str);
    let port = arguments.get(1).map(|port| port.parse()).transpose()?;
    let dashboard = Dashboard::bind(Path::new(folder), [127, 0, 0, 1].into(), port)?;
    let dashboard = match arguments.get(2) {
        Some(program) => dashboard.with_sampler(program.into(), 1),
        None => dashboard,
    };
    println!("{}", dashboard.url());
    Ok(dashboard.serve()?)
}
