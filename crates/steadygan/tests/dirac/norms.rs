//! Checks how each step changes the distance from the equilibrium, in the cases where the exact change is known.

use crate::game::{Game, Order, Remedy};
use steadygan::loss::Loss;

const LR: f64 = 0.2;

/// In a zero-sum game the step (−f′ψ, f′θ)·h is at right angles to (θ, ψ), so that the norm grows by the factor
/// √(1 + h²f′(ψθ)²). For Wasserstein f′ = 1; for the saturating loss f′ = σ(ψθ), the slope of softplus.
#[test]
fn simultaneous_steps_of_zero_sum_games_move_away_each_time() {
    let sigmoid: fn(f64) -> f64 = |t| 1.0 / (1.0 + (-t).exp());
    for (loss, slope) in [(Loss::Wasserstein, (|_| 1.0) as fn(f64) -> f64), (Loss::Saturating, sigmoid)] {
        let mut game = Game::new(loss, Remedy::Nothing, Order::Simultaneous, LR);
        game.place(&[1.0, 1.0]);
        for step in 0..100 {
            let (before, at) = (game.distance(), game.point());
            game.step();
            let expected = (1.0 + (LR * slope(at[0] * at[1])).powi(2)).sqrt();
            let growth = game.distance() / before;
            assert!((growth - expected).abs() < 2e-6, "{loss:?}, step {step}: {growth} instead of {expected}");
        }
    }
}

/// Alternating steps of Wasserstein are (θ, ψ) ↦ ((1 − h²)θ + hψ, ψ − hθ), with determinant 1. They keep θ² + ψ² − hθψ
/// constant, which is an ellipse.
#[test]
fn alternating_steps_of_wasserstein_stay_on_an_ellipse() {
    let mut game = Game::new(Loss::Wasserstein, Remedy::Nothing, Order::Alternating, LR);
    game.place(&[1.0, 1.0]);
    for _ in 0..500 {
        game.step();
        let point = game.point();
        let form = point[0] * point[0] + point[1] * point[1] - LR * point[0] * point[1];
        assert!((form - (2.0 - LR)).abs() < 1e-4, "{form}");
    }
}

/// The discriminator is linear, so its slope is the same at every point at which a penalty is computed.
#[test]
fn r2_is_r1_and_dragan_is_wgan_gp() {
    let pairs = [[Remedy::R1(1.0), Remedy::R2(1.0)], [Remedy::WassersteinPenalty(0.5), Remedy::Dragan(0.5)]];
    for loss in Loss::ALL {
        for pair in pairs {
            let [one, other] = pair.map(|remedy| {
                let mut game = Game::new(loss, remedy, Order::Alternating, LR);
                game.place(&[&[1.0, 1.0], &game.equilibrium()[2..]].concat());
                (0..20).for_each(|_| game.step());
                game.point()
            });
            assert_eq!(one, other, "{loss:?}, {pair:?}");
        }
    }
}

/// With the non-saturating loss the game is not zero-sum: near the equilibrium, θ̇ = σ(−ψθ)ψ and ψ̇ = −σ(ψθ)θ pull
/// inwards by d(r²)/dt = −2θψ·tanh(ψθ/2) ≈ −(θψ)², which is −r⁴/8 on average over a turn. A simultaneous step of length
/// h pushes outwards by h²r²/4. The two balance on a circle of r² = 2h, on which the game cycles for ever.
#[test]
fn simultaneous_non_saturating_steps_end_on_a_circle() {
    let mut game = Game::new(Loss::NonSaturating, Remedy::Nothing, Order::Simultaneous, LR);
    for start in [1.0, 0.1] {
        game.place(&[start, start]);
        (0..2000).for_each(|_| game.step());
        let turn: Vec<f64> = (0..64)
            .map(|_| {
                game.step();
                game.distance()
            })
            .collect();
        let radius = turn.iter().sum::<f64>() / turn.len() as f64;
        assert!((radius - (2.0 * LR).sqrt()).abs() < 0.02, "{radius} from {start}");
    }
}
