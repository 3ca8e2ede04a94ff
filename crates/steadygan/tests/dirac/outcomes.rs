//! Plays the game with every loss, every penalty or noise, and both orders of steps, and compares the outcomes with the
//! table in `README.md`.

use crate::game::{Game, Order, Remedy};
use rayon::prelude::*;
use steadygan::loss::Loss;

/// The authors' step size, start and number of steps.
const LR: f64 = 0.2;
const START: [f64; 2] = [1.0, 1.0];
const STEPS: usize = 500;
/// The length of a window in steps: long enough for a game to go round the equilibrium at least once.
const WINDOW: usize = 125;

/// The table's columns. As in the paper, γ = 1 for R1, 2λ = 1 for WGAN-GP and σ = 0.7 for noise. Approximate R1 has
/// APT's σ, and λ such that γ = 2λσ² = 1.
const REMEDIES: [Remedy; 5] = [
    Remedy::Nothing,
    Remedy::R1(1.0),
    Remedy::WassersteinPenalty(0.5),
    Remedy::ApproximateR1(5000.0, 0.01),
    Remedy::InstanceNoise(0.7),
];

/// The table's rows.
fn rows() -> Vec<(Loss, Order)> {
    Loss::ALL
        .into_iter()
        .flat_map(|loss| [Order::Simultaneous, Order::Alternating].map(|order| (loss, order)))
        .collect()
}

/// How a game ends.
#[derive(Debug, Clone, Copy)]
struct Ending {
    /// `converges`, `creeps`, `cycles` or `diverges`.
    word: &'static str,
    /// The largest distance from the equilibrium in the last window.
    distance: f64,
}

/// Plays a game and classifies it by its growth: the largest distance in the last window divided by the largest
/// distance in the window before.
///
/// * `converges`: the growth is at most ½, as in exponential decay; or only rounding is left.
/// * `creeps`: the distance shrinks, but more slowly than that. A decay like 1/√t has a growth of √(250/375) = 0.82.
/// * `cycles`: the growth is within 5% of 1, or less but the distance is still at least that of the start.
/// * `diverges`: the growth is above 1.05.
fn ending(loss: Loss, remedy: Remedy, order: Order) -> Ending {
    // Approximate R1 subtracts logits near ½ (least squares) and multiplies by λσ·h = 10, so a few roundings of 6e-8
    // remain.
    const ROUNDING: f64 = 1e-5;
    const AT_REST: f64 = 1e-7;
    let mut game = Game::new(loss, remedy, order, LR);
    // The bias, if there is one, starts at its equilibrium.
    game.place(&[&START[..], &game.equilibrium()[2..]].concat());
    let start = game.distance();
    let mut largest = |steps: usize| {
        let mut largest = 0f64;
        for _ in 0..steps {
            game.step();
            largest = largest.max(game.distance());
            // A game at the equilibrium stays there.
            if game.distance() < AT_REST {
                break;
            }
        }
        largest
    };
    largest(STEPS - 2 * WINDOW);
    let (before, distance) = (largest(WINDOW), largest(WINDOW));
    let growth = distance / before;
    let word = if distance < ROUNDING || growth <= 0.5 {
        "converges"
    } else if growth < 0.95 && distance < start {
        "creeps"
    } else if growth <= 1.05 {
        "cycles"
    } else {
        "diverges"
    };
    Ending { word, distance }
}

/// Plays all games, row by row, in Rayon's pool. The operators run on the same threads, so that none has to be woken.
fn endings() -> Vec<Vec<Ending>> {
    let play = |(loss, order)| REMEDIES.map(|remedy| ending(loss, remedy, order)).to_vec();
    rows().into_par_iter().map(play).collect()
}

/// The cells of the committed table, without its head and without the two columns that name a row.
fn committed() -> Vec<Vec<(String, f64)>> {
    let text = include_str!("README.md");
    let lines = text.lines().skip_while(|line| !line.starts_with("| loss")).skip(2);
    let lines = lines.take_while(|line| line.starts_with('|'));
    let cells = |line: &str| -> Vec<(String, f64)> {
        let cells = line.trim_matches('|').split('|').skip(2);
        let parts = cells.map(|cell| cell.trim().split_once(' ').expect("a word and a number"));
        parts.map(|(word, distance)| (word.to_owned(), distance.parse().expect("a number"))).collect()
    };
    lines.map(cells).collect()
}

/// Words must match exactly. Distances are written with two digits, so they may differ by 6%, and by 1e-5 for rounding.
#[test]
fn each_loss_does_with_each_remedy_what_the_table_says() {
    let (found, committed) = (endings(), committed());
    assert_eq!(committed.len(), found.len(), "rows");
    for (row, (found, committed)) in rows().into_iter().zip(found.into_iter().zip(committed)) {
        assert_eq!(committed.len(), REMEDIES.len(), "columns of {row:?}");
        for ((remedy, found), (word, distance)) in REMEDIES.iter().zip(found).zip(committed) {
            assert_eq!(found.word, word, "{row:?}, {remedy:?}: {found:?}");
            let gap = (found.distance - distance).abs();
            assert!(gap <= 0.06 * distance + 1e-5, "{row:?}, {remedy:?}: {found:?} instead of {distance}");
        }
    }
}

/// Checks the committed table against published results: without a remedy, and with WGAN-GP, games do not converge. With
/// R1 they do for all losses; with instance noise for the losses that are curved at 0, so not for hinge and Wasserstein.
#[test]
fn the_table_agrees_with_what_is_published() {
    for ((loss, order), row) in rows().into_iter().zip(committed()) {
        let straight = matches!(loss, Loss::Hinge | Loss::Wasserstein);
        let expected = [false, true, false, true, !straight];
        let found: Vec<bool> = row.iter().map(|(word, _)| word == "converges").collect();
        assert_eq!(found, expected, "{loss:?}, {order:?}");
    }
    let simultaneous = |loss| committed()[rows().iter().position(|row| row.0 == loss).expect("a row")][0].0.clone();
    assert_eq!([Loss::Saturating, Loss::Wasserstein].map(simultaneous), ["diverges", "diverges"]);
}

#[test]
#[ignore = "prints the table for README.md"]
fn print_table() {
    for ((loss, order), row) in rows().into_iter().zip(endings()) {
        let cells = row.iter().map(|ending| match ending.distance {
            small if small < 1e-5 => format!("{} 0", ending.word),
            distance => format!("{} {distance:.1e}", ending.word),
        });
        println!("| {loss:?} | {order:?} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}
