#!/usr/bin/env python3
"""Loads exports in PyTorch's DCGAN example and PyTorch's state dicts in the program, and compares what they compute.

    pip install torch safetensors numpy
    python check_pytorch.py target/release/steadygan

The networks are both of `recipes/pytorch-dcgan.toml`, at full size, trained for a few steps, and the generators of
`generators.py`, which `nn.Sequential` computes by what their export says of them. PyTorch takes gigabytes, so
that no continuous integration runs this: run it by hand after a change to exports, and record what it says under benchmarks/.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from generators import LATENT, SHARE_OF_SPREAD, TOLERANCE, cases
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

ROOT = Path(__file__).resolve().parents[4]
RECIPE = ROOT / "recipes" / "pytorch-dcgan.toml"
NZ, NGF, NDF, NC, SIZE = 100, 64, 64, 3, 64
COUNT = 70
# So small a step moves no weight in 32-bit floats: what was loaded is what is exported again.
NO_STEP = ["--set", "optimizer.generator.lr=1e-30", "--set", "optimizer.discriminator.lr=1e-30"]


class Generator(nn.Module):
    """As in pytorch/examples, dcgan/main.py."""

    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(NZ, NGF * 8, 4, 1, 0, bias=False), nn.BatchNorm2d(NGF * 8), nn.ReLU(True),
            nn.ConvTranspose2d(NGF * 8, NGF * 4, 4, 2, 1, bias=False), nn.BatchNorm2d(NGF * 4), nn.ReLU(True),
            nn.ConvTranspose2d(NGF * 4, NGF * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(NGF * 2), nn.ReLU(True),
            nn.ConvTranspose2d(NGF * 2, NGF, 4, 2, 1, bias=False), nn.BatchNorm2d(NGF), nn.ReLU(True),
            nn.ConvTranspose2d(NGF, NC, 4, 2, 1, bias=False), nn.Tanh(),
        )

    def forward(self, x):
        return self.main(x)


class Discriminator(nn.Module):
    """As in pytorch/examples, dcgan/main.py, whose last layer is a sigmoid; here it ends in the logits before it."""

    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(NC, NDF, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(NDF, NDF * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(NDF * 2), nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(NDF * 2, NDF * 4, 4, 2, 1, bias=False), nn.BatchNorm2d(NDF * 4), nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(NDF * 4, NDF * 8, 4, 2, 1, bias=False), nn.BatchNorm2d(NDF * 8), nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(NDF * 8, 1, 4, 1, 0, bias=False),
        )

    def forward(self, x):
        return self.main(x).flatten()


def generator_of(model):
    """A generator as `nn.Sequential`, by the `model` in an export's metadata."""
    size, slope, normalised = model["size"], model["generator"]["slope"], model["generator"]["norm"] == "batch"
    doublings = next(k for k in range(1, 8) if 4 <= size / 2**k < 8)
    base, widths = size // 2**doublings, [model["width"] * 2**k for k in reversed(range(doublings))]

    def doubled(inputs, outputs):
        if model["upsampling"] == "strided":
            return [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=not normalised)]
        assert model["upsampling"] == "nearest"
        return [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(inputs, outputs, 3, 1, 1, bias=not normalised)]

    def activated(channels):
        return [nn.BatchNorm2d(channels)] * normalised + [nn.LeakyReLU(slope)]

    layers = [nn.ConvTranspose2d(model["latent"], widths[0], base, 1, 0, bias=not normalised), *activated(widths[0])]
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [*doubled(inputs, outputs), *activated(outputs)]
    end = {"symmetric": nn.Tanh, "unit": nn.Sigmoid}[model["range"]]
    network = nn.Module()
    network.main = nn.Sequential(*layers, *doubled(widths[-1], model["channels"]), end())
    return network.eval()


class Program:
    """The program, working in a folder."""

    def __init__(self, path, folder):
        self.path, self.folder = path, folder

    def __call__(self, *arguments):
        command = [self.path, *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def train(self, *options):
        small = ["--quiet", "--set", "data.source=embedded", "--images", "128"]
        return self("train", RECIPE, *small, *options).splitlines()[-1]

    def images(self, run):
        self("generate", run, "--latents", "latents.npy", "--out", "images.npy", "--overwrite")
        return np.load(self.folder / "images.npy")

    def logits(self, weights, images):
        np.save(self.folder / "rows.npy", images.reshape(len(images), -1))
        names = {"WEIGHTS": weights, "IMAGES": "rows.npy", "LOGITS": "logits.npy"}
        paths = {f"STEADYGAN_{name}": str(self.folder / file) for name, file in names.items()}
        test = ["cargo", "test", "--release", "-p", "steadygan", "--test", "golden", "external_logits", "--", "--ignored"]
        subprocess.run(test, cwd=ROOT, check=True, capture_output=True, env=os.environ | paths)
        return np.load(self.folder / "logits.npy")


def compare(what, ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape} instead of {theirs.shape}"
    difference, spread = np.abs(ours - theirs).max(), theirs.std(axis=0).mean()
    print(f"{what:<48} difference {difference:.1e}  spread {spread:.1e}")
    assert difference <= min(TOLERANCE, SHARE_OF_SPREAD * spread), what


def exports_in_pytorch(program, latents, images):
    """Both networks of an export, loaded with `strict`: no name is missing and none too many."""
    run = program.train()
    folder = program.folder / program("export", run)
    generator, discriminator = Generator().eval(), Discriminator().eval()
    generator.load_state_dict(load_file(folder / "generator.safetensors"), strict=True)
    discriminator.load_state_dict(load_file(folder / "discriminator.safetensors"), strict=True)
    compare("export in PyTorch: images", program.images(run), generator(latents))
    ours = program.logits(folder / "discriminator.safetensors", images.numpy())
    compare("export in PyTorch: logits", ours, discriminator(images))


def generators_in_pytorch(program):
    """Generators of every form, loaded with `strict` into layers that PyTorch numbers itself."""
    latents = torch.randn(COUNT, LATENT, 1, 1)
    np.save(program.folder / "latents.npy", latents[:, :, 0, 0].numpy())
    for case, options in cases(program).items():
        run = program("train", *options).splitlines()[-1]
        file = program.folder / program("export", run) / "generator.safetensors"
        with safe_open(file, "pt") as opened:
            model = json.loads(opened.metadata()["steadygan"])["model"]
        network = generator_of(model)
        network.load_state_dict(load_file(file), strict=True)
        compare(case, program.images(run), network.main(latents))


def drawn(network):
    """Other weights than any that the program draws, and running statistics that are no constants."""
    for name, tensor in network.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2.0)
        elif tensor.is_floating_point():
            is_scale = name.endswith("weight") and tensor.dim() == 1
            nn.init.normal_(tensor, 1.0 if is_scale else 0.0, 0.05)
    return network.eval()


def state_dicts_in_the_program(program, latents, images):
    """Both networks saved by PyTorch; the run that starts from them computes the same and exports the same weights."""
    generator, discriminator = drawn(Generator()), drawn(Discriminator())
    torch.save(generator.state_dict(), program.folder / "netG.pth")
    torch.save(discriminator.state_dict(), program.folder / "netD.pth")
    compare("state dict in the program: logits", program.logits("netD.pth", images.numpy()), discriminator(images))
    wrapped = OrderedDict((f"module.{name}", tensor) for name, tensor in discriminator.state_dict().items())
    torch.save(wrapped, program.folder / "wrapped.pth")
    compare("as several devices save it: logits", program.logits("wrapped.pth", images.numpy()), discriminator(images))

    run = program.train("--init", "netG.pth", "--init", "netD.pth", *NO_STEP)
    folder = program.folder / program("export", run)
    for network, role in [(generator, "generator"), (discriminator, "discriminator")]:
        exported = load_file(folder / f"{role}.safetensors")
        for name, parameter in network.named_parameters():
            assert torch.equal(exported[name], parameter), f"{role}: {name}"
        print(f"{role} exported from a run started from it: all {len(list(network.parameters()))} parameters equal")


def main():
    path = Path(sys.argv[1]).resolve()
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, numpy {np.__version__}")
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        program = Program(path, Path(folder))
        latents, images = torch.randn(COUNT, NZ, 1, 1), torch.rand(COUNT, NC, SIZE, SIZE) * 2 - 1
        np.save(program.folder / "latents.npy", latents[:, :, 0, 0].numpy())
        exports_in_pytorch(program, latents, images)
        state_dicts_in_the_program(program, latents, images)
        generators_in_pytorch(program)


if __name__ == "__main__":
    main()
