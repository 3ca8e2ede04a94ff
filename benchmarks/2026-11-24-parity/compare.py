"""Means over seeds of how runs ended, and how far runs of one seed are apart.

python compare.py RUNS_A RUNS_B: two folders of runs with the same recipe and seeds, in the same order.
"""

import json
import sys
from pathlib import Path
from statistics import mean, stdev

LAST = 10  # lines of stats that an end is the mean of: one line is one batch of fixed latents and 16 steps
KEYS = ["diversity", "loss_d", "loss_g", "logit_real", "logit_fake"]


def lines(run):
    return [json.loads(line) for line in (run / "stats.jsonl").read_text().splitlines()]


sides = [[lines(run) for run in sorted(Path(folder).iterdir())] for folder in sys.argv[1:3]]
print(f"last {LAST} lines, images {sides[0][0][-1]['images']}")
for key in KEYS:
    ends = [[mean(line[key] for line in run[-LAST:]) for run in side] for side in sides]
    for name, values in zip("AB", ends):
        seeds = "  ".join(f"{value:.4f}" for value in values)
        print(f"{key:10} {name}  {mean(values):7.4f} ± {stdev(values):.4f}   by seed: {seeds}")
print("one seed's two runs: |A − B| of loss_d and of diversity, largest over the seeds")
for index, line in enumerate(sides[0][0]):
    if index in (0, 1, 3, 7, 15, 31) or line is sides[0][0][-1]:
        gaps = {key: max(abs(a[index][key] - b[index][key]) for a, b in zip(*sides)) for key in KEYS}
        print(f"{line['images']:6} {gaps['loss_d']:.1e} {gaps['diversity']:.1e}")
