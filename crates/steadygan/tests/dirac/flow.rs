//! Compares the Jacobian of one step at the equilibrium with the closed forms.
//!
//! Near the equilibrium the players follow (θ̇, ψ̇) = J (θ, ψ), J = [[0, b], [−a, −c]], with a = ∂²ℓ_D/∂θ∂ψ,
//! b = −∂²ℓ_G/∂θ∂ψ and c = ∂²ℓ_D/∂ψ², all at 0, D(x) = ψx, the real at 0 and the fake at θ (sp is softplus):
//!
//! | loss | ℓ_D | a | ℓ_G | b |
//! |---|---|---|---|---|
//! | non-saturating | sp(0) + sp(ψθ) | sp′(0) = ½ | sp(−ψθ) | ½ |
//! | saturating | the same | ½ | −sp(ψθ) | ½ |
//! | least squares, D(x) = ψx + ½ | ⅛ + ½(½ + ψθ)² | ½ | ½(ψθ − ½)² | ½ |
//! | hinge | 1 + max(0, 1 + ψθ) | 1 | −ψθ | 1 |
//! | Wasserstein | ψθ | 1 | −ψθ | 1 |
//! | relativistic pairing | sp(ψθ) | ½ | sp(−ψθ) | ½ |
//! | relativistic average | ½sp(ψθ) + ½sp(ψθ) | ½ | ½sp(−ψθ) + ½sp(−ψθ) | ½ |
//!
//! So a = b = f′(0) in all of them, and the eigenvalues are −c/2 ± √(c²/4 − f′(0)²). R1 and R2 make c = γ, approximate
//! R1 makes it 2λσ² in expectation. Instance noise x + σε makes it the curvature of ℓ_D in ψ:
//!
//! | loss | ℓ_D up to ψ² | c |
//! |---|---|---|
//! | non-saturating, saturating | sp″(0) = ¼: 2 · ½ · ¼ψ²σ² | σ²/2 |
//! | least squares | 2 · ½ψ²σ² | 2σ² |
//! | hinge, Wasserstein | linear near 0 | 0 |
//! | relativistic pairing | ½ · ¼ψ² · Var(ε − ε̃)σ² = ½ · ¼ψ² · 2σ² | σ²/2 |
//! | relativistic average | the means carry no noise: ½ · ½ · ¼ψ²σ² twice | σ²/4 |

use crate::game::{Game, Order, Point, Remedy};
use steadygan::loss::Loss;

/// f′(0) of the table above.
fn slope(loss: Loss) -> f64 {
    if matches!(loss, Loss::Hinge | Loss::Wasserstein) { 1.0 } else { 0.5 }
}

/// c of the tables above.
fn damping(loss: Loss, remedy: Remedy) -> f64 {
    match remedy {
        Remedy::R1(gamma) | Remedy::R2(gamma) => gamma,
        Remedy::InstanceNoise(deviation) => {
            let curvature = match loss {
                Loss::NonSaturating | Loss::Saturating | Loss::RelativisticPairing => 0.5,
                Loss::RelativisticAverage => 0.25,
                Loss::LeastSquares => 2.0,
                Loss::Hinge | Loss::Wasserstein => 0.0,
            };
            curvature * deviation * deviation
        }
        _ => 0.0,
    }
}

/// ∂v_row/∂x_column of the flow v. A simultaneous step with learning rate 1 is an Euler step of length 1 of this flow.
fn jacobian(loss: Loss, remedy: Remedy) -> Vec<Vec<f64>> {
    const NEAR: f64 = 1.0 / 256.0;
    let mut game = Game::new(loss, remedy, Order::Simultaneous, 1.0);
    let rest = game.equilibrium();
    let mut velocity = |column: usize, offset: f64| -> Point {
        let mut at = rest.clone();
        at[column] += offset;
        game.place(&at);
        game.step();
        game.point().into_iter().zip(at).map(|(after, before)| after - before).collect()
    };
    let columns: Vec<Point> = (0..rest.len())
        .map(|column| {
            let (ahead, behind) = (velocity(column, NEAR), velocity(column, -NEAR));
            ahead.into_iter().zip(behind).map(|(ahead, behind)| (ahead - behind) / (2.0 * NEAR)).collect()
        })
        .collect();
    (0..rest.len()).map(|row| columns.iter().map(|column| column[row]).collect()).collect()
}

/// The eigenvalues r ± √s of a 2 × 2 matrix (or of the upper left 2 × 2 block), as (r, s). If s is negative, they are
/// complex, with the imaginary parts ± √−s.
fn eigenvalues(matrix: &[Vec<f64>]) -> (f64, f64) {
    let half_trace = (matrix[0][0] + matrix[1][1]) / 2.0;
    let determinant = matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0];
    (half_trace, half_trace * half_trace - determinant)
}

#[track_caller]
fn assert_flow(loss: Loss, remedy: Remedy) {
    let found = jacobian(loss, remedy);
    let (slope, damping) = (slope(loss), damping(loss, remedy));
    let mut expected = vec![vec![0.0, slope], vec![-slope, -damping]];
    if loss == Loss::LeastSquares {
        // The bias minimises ½(bias − 1)² + ½ bias², with curvature 2, and at the equilibrium does not depend on θ and
        // ψ.
        expected.iter_mut().for_each(|row| row.push(0.0));
        expected.push(vec![0.0, 0.0, -2.0]);
    }
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() < 2e-5, "{loss:?}, {remedy:?}: {found} instead of {expected}");
    }
    // Closed form: −c/2 ± √(c²/4 − f′(0)²).
    let (real, square) = eigenvalues(&found);
    let closed = damping * damping / 4.0 - slope * slope;
    assert!((real + damping / 2.0).abs() < 1e-5 * damping.max(1.0), "{loss:?}, {remedy:?}: real part {real}");
    assert!((square - closed).abs() < 2e-5 * damping.max(1.0), "{loss:?}, {remedy:?}: {square} instead of {closed}");
}

/// The authors use γ = 0.3 and 1. γ = 1 is critical damping for losses with f′(0) = ½, γ = 2 for losses with f′(0) = 1,
/// and γ = 10 is overdamped.
#[test]
fn r1_and_r2_have_the_published_eigenvalues() {
    for loss in Loss::ALL {
        assert_flow(loss, Remedy::Nothing);
        for gamma in [0.3, 1.0, 2.0, 10.0] {
            assert_flow(loss, Remedy::R1(gamma));
            assert_flow(loss, Remedy::R2(gamma));
        }
    }
}

#[test]
fn instance_noise_damps_by_the_loss_s_curvature() {
    for loss in Loss::ALL {
        assert_flow(loss, Remedy::InstanceNoise(0.7));
    }
}

/// In each step ψ shrinks by the share 2λσ² · mean ε², and over many batches the mean of ε² is 1.
#[test]
fn approximate_r1_damps_like_r1_on_average() {
    const STEPS: usize = 1000;
    let (weight, deviation) = (50.0, 0.1);
    let mut game = Game::new(Loss::NonSaturating, Remedy::ApproximateR1(weight, deviation), Order::Simultaneous, 1.0);
    let mut sum = 0.0;
    for _ in 0..STEPS {
        game.place(&[0.0, 0.25]);
        game.step();
        sum += 1.0 - game.point()[1] / 0.25;
    }
    let expected = 2.0 * weight * deviation * deviation;
    // A batch has 16 values ε², each with variance 2.
    let error = expected * (2.0 / (16 * STEPS) as f64).sqrt();
    let gap = sum / STEPS as f64 - expected;
    assert!(gap.abs() < 4.0 * error, "{gap} with a standard error of {error}");
}

/// Near the equilibrium the distance shrinks on average by the factor |1 + hλ| a step, where λ is R1's eigenvalue.
#[test]
fn the_rate_of_convergence_is_that_of_the_eigenvalue() {
    const LR: f64 = 0.2;
    for loss in Loss::ALL {
        let gamma = 0.3;
        let mut game = Game::new(loss, Remedy::R1(gamma), Order::Simultaneous, LR);
        let mut start = game.equilibrium();
        start[0] += 0.01;
        game.place(&start);
        // |1 + hλ|² = 1 − hγ + h²f′(0)² is the determinant of a step. The distance itself also depends on the angle, so
        // the quadratic form of `area` is used instead.
        let per_step = (1.0 - LR * gamma + (LR * slope(loss)).powi(2)).sqrt();
        let mut logarithm = 0.0;
        for _ in 0..300 {
            let before = area(&game);
            game.step();
            logarithm += (area(&game) / before).ln() / 2.0;
        }
        let found = (logarithm / 300.0).exp();
        assert!((found - per_step).abs() < 1e-3 * per_step, "{loss:?}: {found} instead of {per_step}");
    }

    /// A quadratic form that each step of the linear flow multiplies by the step's determinant. For J = [[0, f], [−f,
    /// −γ]] it is fθ² + γθψ + fψ².
    fn area(game: &Game) -> f64 {
        let (slope, point) = (slope(game.loss), game.point());
        let Remedy::R1(gamma) = game.remedy else { unreachable!("R1 above") };
        slope * point[0] * point[0] + gamma * point[0] * point[1] + slope * point[1] * point[1]
    }
}
