#!/usr/bin/env python3
"""Runs exported generators in onnxruntime and compares their images with the program's own.

    pip install onnxruntime numpy
    python check_onnx.py target/release/steadygan

Small networks of both presets, of `hacks` without each of its heuristics, and in colour, each trained for a few steps,
so that batch norm's running statistics are not those it starts with.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

TOLERANCE = 1e-4
# After a few steps the images of some networks hardly differ from each other. The difference between the two programs
# must be small against that too, or the comparison would show nothing.
SHARE_OF_SPREAD = 1e-2
LATENT = 100
BATCHES = (1, 3, 70)
SMALL = "--quiet --images 320 --batch 16 --set model.width=8 --set data.size=32 --seed 1".split()


def main():
    program = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:

        def steadygan(*arguments):
            done = subprocess.run([program, *arguments], cwd=folder, check=True, capture_output=True, text=True)
            return done.stdout

        names = [card["name"] for card in json.loads(steadygan("heuristics", "--json"))]
        cases = {"hacks": [], "plain": ["--set", "base=plain"], "colour": ["--set", "data.channels=3"]}
        cases |= {f"without {name}": ["--without", name] for name in names}
        cases["28 pixels"] = ["--set", "data.size=28"]
        rng = np.random.default_rng(0)
        latents = rng.standard_normal((sum(BATCHES), LATENT), dtype=np.float32)
        np.save(Path(folder, "latents.npy"), latents)
        worst = 0.0
        for case, options in cases.items():
            run = steadygan("train", *SMALL, *options).splitlines()[-1]
            exported = steadygan("export", run).splitlines()[-1]
            steadygan("generate", run, "--latents", "latents.npy", "--out", "images.npy")
            ours = np.load(Path(folder, "images.npy"))
            worst = max(worst, compare(case, Path(folder, exported, "generator.onnx"), latents, ours))
    print(f"{len(cases)} generators, onnxruntime {onnxruntime.__version__}: largest difference {worst:.1e}")


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
