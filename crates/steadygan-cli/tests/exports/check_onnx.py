#!/usr/bin/env python3
"""Runs exported generators in onnxruntime and compares their images with the program's own.

    pip install onnxruntime numpy
    python check_onnx.py target/release/steadygan

The generators are those of `generators.py`.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from generators import LATENT, SHARE_OF_SPREAD, TOLERANCE, cases

BATCHES = (1, 3, 70)


def main():
    program = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:

        def steadygan(*arguments):
            done = subprocess.run([program, *arguments], cwd=folder, check=True, capture_output=True, text=True)
            return done.stdout

        generators = cases(steadygan)
        rng = np.random.default_rng(0)
        latents = rng.standard_normal((sum(BATCHES), LATENT), dtype=np.float32)
        np.save(Path(folder, "latents.npy"), latents)
        worst = 0.0
        for case, options in generators.items():
            run = steadygan("train", *options).splitlines()[-1]
            exported = steadygan("export", run).splitlines()[-1]
            steadygan("generate", run, "--latents", "latents.npy", "--out", "images.npy", "--overwrite")
            ours = np.load(Path(folder, "images.npy"))
            worst = max(worst, compare(case, Path(folder, exported, "generator.onnx"), latents, ours))
    print(f"{len(generators)} generators, onnxruntime {onnxruntime.__version__}: largest difference {worst:.1e}")


def compare(case, model, latents, ours):
    """The largest difference between the model's images, in batches of several sizes, and ours."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    ends = np.cumsum(BATCHES)[:-1]
    batches = [batch[:, :, None, None] for batch in np.split(latents, ends)]
    theirs = np.concatenate([session.run(["images"], {"latent": batch})[0] for batch in batches])
    assert theirs.shape == ours.shape, f"{case}: shape {theirs.shape} instead of {ours.shape}"
    spread = ours.std(axis=0).mean()
    difference = np.abs(theirs - ours).max()
    print(f"{case:<32} difference {difference:.1e}  spread {spread:.1e}")
    assert difference <= min(TOLERANCE, SHARE_OF_SPREAD * spread), f"{case}: images differ by {difference}"
    return difference


if __name__ == "__main__":
    main()
