"""Makes a folder of runs as long trainings leave them, without training: many_runs.py RUN FOLDER [RUNS] [LINES]

RUN is a real run, whose small files and pictures each of them gets; the lines of stats.jsonl and metrics.jsonl are random.
"""

import pathlib
import random
import shutil
import sys

STATS = (
    '{"images":%d,"time_s":%r,"images_per_s":%r,"loss_d":%r,"loss_g":%r,"penalty":0.0,"logit_real":%r,"logit_fake":%r,'
    '"grad_norm_d":%r,"grad_norm_g":%r,"diversity":%r}\n'
)
DISTANCE = (
    '{"images":%d,"metric":"kd-efficientnet-lite0","value":%r,"deviation":0.001,"floor":0.0002,"floor_deviation":0.0003,'
    '"fakes":512,"reals":512,"best":false}\n'
)


def main():
    source, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    runs, lines = (int(argument) for argument in (sys.argv[3:] + ["200", "10000"][len(sys.argv) - 3 :]))
    for run in range(1, runs + 1):
        place = folder / f"{run:05}-fashion-hacks"
        (place / "fakes").mkdir(parents=True)
        for file in ["manifest.json", "plan.json", "recipe.toml", "reals.png", "fakes_init.png"]:
            shutil.copy(source / file, place)
        shutil.copy(max((source / "fakes").iterdir()), place / "fakes" / f"{1024 * lines:09}.png")
        drawn = random.Random(run)
        with open(place / "stats.jsonl", "w") as stats, open(place / "metrics.jsonl", "w") as metrics:
            for line in range(1, lines + 1):
                images, a = 1024 * line, [drawn.random() for _ in range(9)]
                values = 1300 + 90 * a[1], 0.9 + a[2] / 5, 1.4 + a[3], 1.3 + a[4], -1 - a[5], 8 + a[6], 12 + a[7], 0.8 + a[8] / 9
                stats.write(STATS % (images, 0.75 * line + a[0] / 9, *values))
                if line % 5 == 0:
                    metrics.write(DISTANCE % (images, 0.03 + a[0] / 99))


if __name__ == "__main__":
    main()
