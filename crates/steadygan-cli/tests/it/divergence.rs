//! Training that blows up.

use crate::command::{DIVERGED, steadygan};
use crate::pictures::workplace;
use crate::run_files::{checkpoint, manifest, tensors};

#[test]
fn divergence_has_its_own_exit_code_and_names_what_broke_first() {
    let folder = workplace();
    let wild = "train tiny.toml --set optimizer.generator.lr=1e38 --set train.checkpoint-every=4 --without batch-norm";
    let answer = steadygan(folder.path(), wild);
    assert_eq!(answer.code, DIVERGED, "{answer:#?}");
    let run = folder.path().join(answer.last_line());
    let outcome = &manifest(&run)["outcome"];
    assert_eq!(outcome["state"], "diverged");
    let quantity = outcome["quantity"].as_str().unwrap();
    let known = ["loss_d", "loss_g", "logit_real", "logit_fake", "grad_norm_d", "grad_norm_g"];
    assert!(known.contains(&quantity), "{quantity}");
    assert!(answer.stderr.contains(&format!("diverged: {quantity} was not finite after ")), "{answer:#?}");

    // The checkpoint is sound: it makes images, and a run resumed from it diverges at the same step.
    steadygan(folder.path(), &format!("generate {} --count 1", answer.last_line())).done();
    let before = checkpoint(&run);
    let again = steadygan(folder.path(), &format!("resume {} --quiet", answer.last_line()));
    assert_eq!((again.code, again.stderr.as_str()), (DIVERGED, ""));
    assert_eq!(&manifest(&run)["outcome"], outcome);
    assert_eq!(checkpoint(&run), before);
}

/// An update or a running statistic may overflow although losses and gradients are finite.
#[test]
fn a_checkpoint_never_holds_a_value_that_is_not_finite() {
    let folder = workplace();
    for (lr, quantity) in [("3e38", "generator.main.0.weight"), ("1e20", "generator.main.1.running_var")] {
        let wild = format!("train tiny.toml --set optimizer.generator.lr={lr} --set train.checkpoint-every=4");
        let answer = steadygan(folder.path(), &wild);
        assert_eq!(answer.code, DIVERGED, "{answer:#?}");
        let run = folder.path().join(answer.last_line());
        assert_eq!(manifest(&run)["outcome"]["quantity"], quantity);
        let values = tensors(&checkpoint(&run));
        assert!(values.iter().all(|value| value.is_finite()));
    }
}
