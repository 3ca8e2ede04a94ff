#!/usr/bin/env python3
"""Makes `steps.safetensors`: one training step of PyTorch's DCGAN example in two other forms, in float64.

    pip install torch safetensors numpy
    python make_steps.py

* `two`: the discriminator takes an optimiser step on the reals and one on the fakes, as Keras' `train_on_batch` twice;
* `pac`: it judges packs of two images stacked on channels (PacGAN, Lin et al. 2018), neighbours of the batch, in one
  optimiser step on an all-real and an all-fake batch of packs.

Networks, images, latents and settings are those of `dcgan.safetensors`, which is read; the packs' discriminator, which
has twice the input channels, is drawn here by the example's rule.

Kinks, as `make_fixtures.py` explains them, are kept away from by choice: `two` takes of the fixture's ten batches of
reals and of latents those, `pac` of the batches and eight drawings of the discriminator the pair, whose pre-activation nearest to zero is farthest
away. How far that is, in float64, is in the metadata; float32 rounds to about 1e-7.
"""

import json
from pathlib import Path

import torch
from make_fixtures import (
    BATCH,
    BETAS,
    CHANNELS,
    EPS,
    LR,
    WIDTH,
    Kinks,
    gaussian,
    load,
    make_discriminator,
    make_generator,
    named_main,
    scale_images,
    state_of,
)
from safetensors.torch import load_file, save_file
from torch import nn

HERE = Path(__file__).parent
PACK = 2
DRAWINGS = 8


def make_pack_discriminator():
    net = make_discriminator()
    return named_main(nn.Conv2d(PACK * CHANNELS, WIDTH, 4, 2, 1, bias=False), *list(net.main)[1:])


def packed(images, pack):
    n, c, h, w = images.shape
    return images.reshape(n // pack, pack * c, h, w)


def step(generator, discriminator, real, z, two, pack):
    """One step; returns what it leaves, and the smallest |pre-activation| of all passes."""
    kinks = [Kinks(generator), Kinks(discriminator)]
    settings = {"lr": LR, "betas": BETAS, "eps": EPS}
    opt_g = torch.optim.Adam(generator.parameters(), **settings)
    opt_d = torch.optim.Adam(discriminator.parameters(), **settings)
    bce = nn.BCEWithLogitsLoss()

    def loss(images, label):
        logits = discriminator.forward(packed(images, pack)).view(-1)
        return bce(logits, torch.full_like(logits, label))

    out = {}
    discriminator.zero_grad()
    loss_real = loss(real, 1.0)
    loss_real.backward()
    if two:
        opt_d.step()
        discriminator.zero_grad()
    fake = generator.forward(z)
    loss_fake = loss(fake.detach(), 0.0)
    loss_fake.backward()
    opt_d.step()
    generator.zero_grad()
    loss_g = loss(fake, 1.0)
    loss_g.backward()
    opt_g.step()
    for part, net, opt in (("generator", generator, opt_g), ("discriminator", discriminator, opt_d)):
        out |= {f"after.{part}.{k}": v for k, v in state_of(net).items()}
        for k, p in net.named_parameters():
            out[f"adam_m.{part}.{k}"] = opt.state[p]["exp_avg"].clone()
    margin = min(smallest for watch in kinks for _, smallest, _ in watch.take())
    return out, [loss_real.item(), loss_fake.item(), loss_g.item()], margin


def draw(seed):
    """The example's rule: weights N(0, 0.02²), batch norm's scale N(1, 0.02²)."""
    rng = torch.Generator().manual_seed(seed)
    net = make_pack_discriminator()
    with torch.no_grad():
        for name, p in net.named_parameters():
            if p.dim() == 4:
                p.copy_(gaussian(rng, p.shape))
            elif name.endswith("weight"):
                p.copy_(1 + gaussian(rng, p.shape))
    return state_of(net)


def main():
    torch.set_num_threads(1)
    fixture = load_file(HERE / "dcgan.safetensors")
    part = lambda prefix: {k[len(prefix):]: v for k, v in fixture.items() if k.startswith(prefix)}
    init_g, init_d = part("init.generator."), part("init.discriminator.")
    tensors, metadata = {}, {}

    def best(cases):
        found = []
        for make, state, of_real, of_z, two, pack in cases:
            real, z = fixture[f"real.{of_real}"], fixture[f"z.{of_z}"].double()
            assert len(z) == BATCH
            generator = load(make_generator, init_g, torch.float64)
            discriminator = load(make, state, torch.float64)
            real = scale_images(real, torch.float64)
            found.append((*step(generator, discriminator, real, z, two, pack), state, [of_real, of_z]))
        return max(found, key=lambda one: one[2])

    drawn = [draw(seed) for seed in range(DRAWINGS)]
    forms = {
        "two": [(make_discriminator, init_d, real, z, True, 1) for real in range(10) for z in range(10)],
        "pac": [(make_pack_discriminator, d, real, real, False, PACK) for d in drawn for real in range(10)],
    }
    for form, cases in forms.items():
        out, losses, margin, state, batches = best(cases)
        assert margin > 2e-6, (form, margin)
        metadata[form] = json.dumps({"batches": batches, "losses": losses, "margin": margin})
        tensors |= {f"{form}.{k}": v.float().contiguous() for k, v in out.items() if k != "adam_m.generator.main.0.weight"}
        if form == "pac":
            tensors |= {f"pac.init.{k}": v.float().contiguous() for k, v in state.items()}
        print(form, metadata[form])
    # The largest tensor shows no more than the others do.
    tensors = {k: v for k, v in tensors.items() if not k.endswith("after.generator.main.0.weight")}
    save_file(tensors, HERE / "steps.safetensors", metadata)


if __name__ == "__main__":
    main()
