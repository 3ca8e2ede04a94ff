"""PyTorch's DCGAN example: whole training steps, or sampling.

Every line on stdin is how many steps to take, or how many images to generate, and is answered by a line of JSON: the milliseconds of
each step, or of all images. A mode is one or more of these words joined by `-`:

    eager  nothing of the following: PyTorch's default Adam, its default layout (NCHW)
    fused  Adam with fused=True
    cl     networks and images in the channels-last layout
    frz    no gradients for the discriminator's weights in the generator's step
    comp   both networks through torch.compile
"""

import argparse

import torch
from torch import nn

import process

LATENT = 100
WORDS = {"eager", "fused", "cl", "frz", "comp"}
WARM_UP_STEPS = 3


def widths(size, width):
    """Channels at each size from 4 × 4 up."""
    doublings = size.bit_length() - 3
    return [width << step for step in reversed(range(doublings))]


def doubling(channels_in, channels_out, off_forms):
    if off_forms:
        return [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(channels_in, channels_out, 3, 1, 1, bias=False)]
    return [nn.ConvTranspose2d(channels_in, channels_out, 4, 2, 1, bias=False)]


def generator(size, channels, width, off_forms):
    steps = widths(size, width)
    layers = [nn.ConvTranspose2d(LATENT, steps[0], 4, 1, 0, bias=False), nn.BatchNorm2d(steps[0]), nn.ReLU(True)]
    for before, after in zip(steps, steps[1:]):
        layers += [*doubling(before, after, off_forms), nn.BatchNorm2d(after), nn.ReLU(True)]
    return nn.Sequential(*layers, *doubling(steps[-1], channels, off_forms), nn.Tanh())


def discriminator(size, channels, width, off_forms):
    layers = []
    before = channels
    for after in reversed(widths(size, width)):
        if off_forms:
            layers.append(nn.Conv2d(before, after, 3, 1, 1, bias=False))
        else:
            layers.append(nn.Conv2d(before, after, 4, 2, 1, bias=False))
        if before != channels:
            layers.append(nn.BatchNorm2d(after))
        layers.append(nn.LeakyReLU(0.2, True))
        if off_forms:
            layers.append(nn.MaxPool2d(2))
        before = after
    return nn.Sequential(*layers, nn.Conv2d(before, 1, 4, 1, 0, bias=False), nn.Flatten(0))


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def train(arguments, mode):
    """A step: both batches of the discriminator, its update, the generator's update."""
    shape = (arguments.size, arguments.channels, arguments.width, arguments.off_forms)
    g, d = generator(*shape), discriminator(*shape)
    parameters = [count(g), count(d)]
    x = torch.randn(arguments.batch, arguments.channels, arguments.size, arguments.size).clamp(-1, 1)
    if "cl" in mode:
        g, d, x = (thing.to(memory_format=torch.channels_last) for thing in (g, d, x))
    adam = lambda network: torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999), fused="fused" in mode)
    optimizer_g, optimizer_d = adam(g), adam(d)
    if "comp" in mode:
        g, d = torch.compile(g), torch.compile(d)
    loss = nn.BCEWithLogitsLoss()
    one, zero = torch.ones(arguments.batch), torch.zeros(arguments.batch)

    def step():
        optimizer_d.zero_grad()
        loss(d(x), one).backward()
        fakes = g(torch.randn(arguments.batch, LATENT, 1, 1))
        loss(d(fakes.detach()), zero).backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        if "frz" in mode:
            d.requires_grad_(False)
        loss(d(fakes), one).backward()
        optimizer_g.step()
        if "frz" in mode:
            d.requires_grad_(True)

    for _ in range(WARM_UP_STEPS):
        step()
    process.take_turns(lambda line: [process.milliseconds(step) for _ in range(int(line))], parameters)


@torch.inference_mode()
def sample(arguments, mode):
    """Generating images in evaluation mode, batch by batch, into one tensor."""
    shape = (arguments.size, arguments.channels, arguments.width, arguments.off_forms)
    g = generator(*shape).eval()
    parameters = [count(g), count(discriminator(*shape))]
    if "cl" in mode:
        g = g.to(memory_format=torch.channels_last)
    if "comp" in mode:
        g = torch.compile(g)

    def make(latents):
        images = torch.empty(len(latents), arguments.channels, arguments.size, arguments.size)
        for start in range(0, len(latents), arguments.batch):
            images[start : start + arguments.batch] = g(latents[start : start + arguments.batch])

    def turn(line):
        latents = torch.randn(int(line), LATENT, 1, 1)
        return [process.milliseconds(lambda: make(latents))]

    # Its last batch is not full, as usual: torch.compile compiles once more for that.
    turn(2 * arguments.batch + arguments.batch // 2)
    process.take_turns(turn, parameters)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=["train", "sample"])
    process.add_model_arguments(parser)
    parser.add_argument("--mode", required=True)
    parser.add_argument("--off-forms", action="store_true", help="3×3 with max pooling, and nearest doubling with 3×3")
    arguments = parser.parse_args()
    mode = set(arguments.mode.split("-"))
    if not mode <= WORDS:
        parser.error(f"--mode {arguments.mode}: the words are {', '.join(sorted(WORDS))}")
    torch.manual_seed(0)
    torch.set_num_threads(arguments.threads)
    {"train": train, "sample": sample}[arguments.work](arguments, mode)


if __name__ == "__main__":
    main()
