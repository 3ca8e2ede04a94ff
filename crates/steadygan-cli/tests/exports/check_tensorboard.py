"""The event files of `train --tensorboard`, read by TensorBoard's own reader.

Usage: check_tensorboard.py PROGRAM

It trains a small run with PROGRAM (the binary `steadygan`), resumes it, and compares what TensorBoard loads with the
run's lines. It needs tensorboard.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as place:
        options = ["--quiet", "--threads", "1", "--batch", "16", "--images", "320", "--out", place, "--tensorboard"]
        settings = [f"--set={one}" for one in ["model.width=8", "train.stats-every=64", "train.sheets-every=64"]]
        answer = subprocess.run([program, "train", *options, *settings], check=True, capture_output=True, text=True).stdout
        run = pathlib.Path(answer.strip().split("\n")[-1])
        subprocess.run([program, "resume", run, "--images", "640", "--quiet"], check=True, capture_output=True)
        assert len(list((run / "tensorboard").iterdir())) == 2
        events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
        events.Reload()
        lines = [json.loads(line) for line in (run / "stats.jsonl").read_text().splitlines()]
        numbers = {key for line in lines for key, value in line.items() if isinstance(value, float)}
        assert {"loss_d", "logit_fake", "diversity", "images_per_s"} <= numbers
        for key in numbers:
            read = [(event.step, event.value) for event in events.Scalars(key)]
            written = [(line["images"], line[key]) for line in lines if line.get(key) is not None]
            assert [step for step, _ in read] == [step for step, _ in written], key
            assert all(abs(a - b) <= 1e-6 * abs(b) for (_, a), (_, b) in zip(read, written)), key
        sheets = events.Images("fakes")
        for image in sheets:
            name = f"fakes/{image.step:09}.png" if image.step else "fakes_init.png"
            assert image.encoded_image_string == (run / name).read_bytes(), name
        [text, *_] = events.Tensors("recipe")
        assert b"base = " in text.tensor_proto.string_val[0]
        print(f"TensorBoard reads {len(lines)} lines, {len(sheets)} sheets and the recipe: 1 passed, 0 failed")


if __name__ == "__main__":
    main()
