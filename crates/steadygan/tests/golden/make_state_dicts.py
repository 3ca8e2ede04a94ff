#!/usr/bin/env python3
"""Makes the state dicts that the reader of PyTorch's files is tested with.

    pip install torch safetensors numpy
    python make_state_dicts.py

The committed files were made with Python 3.11, torch 2.15.0 (CPU), safetensors 0.8.0 and numpy 2.4.6. They are written
beside this script, or into the folder given as the only argument. `README.md` lists them.

The networks are those of PyTorch's DCGAN example at 16 pixels, width 2, latent 3, one channel, drawn from a seed; batch
norm's shifts and running statistics too, so that none of them is a constant.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

SEED, BATCH, LATENT, SIZE = 0, 4, 3, 16


class Main(nn.Module):
    """Names the layers `main.0`, `main.1`, …, as the example does."""

    def __init__(self, *layers):
        super().__init__()
        self.main = nn.Sequential(*layers)

    def forward(self, x):
        return self.main(x)


def networks():
    def up(n_in, n_out, stride, padding):
        return nn.ConvTranspose2d(n_in, n_out, 4, stride, padding, bias=False)

    def down(n_in, n_out, stride, padding):
        return nn.Conv2d(n_in, n_out, 4, stride, padding, bias=False)

    generator = Main(
        up(LATENT, 4, 1, 0), nn.BatchNorm2d(4), nn.ReLU(),
        up(4, 2, 2, 1), nn.BatchNorm2d(2), nn.ReLU(),
        up(2, 1, 2, 1), nn.Tanh(),
    )
    discriminator = Main(
        down(1, 2, 2, 1), nn.LeakyReLU(0.2),
        down(2, 4, 2, 1), nn.BatchNorm2d(4), nn.LeakyReLU(0.2),
        down(4, 1, 1, 0),
    )
    return generator, discriminator


def draw(network):
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.2)
            nn.init.normal_(module.bias, 0.0, 0.2)
            nn.init.normal_(module.running_mean, 0.0, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            module.num_batches_tracked.fill_(7)
    return network.eval()


def main():
    torch.manual_seed(SEED)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    generator, discriminator = (draw(network) for network in networks())
    torch.save(generator.state_dict(), folder / "generator.pth")
    torch.save(discriminator.state_dict(), folder / "discriminator.pth")
    # The same, as a program may write it that trains on several devices in another memory format.
    wrapped = OrderedDict(
        (f"module.{name}", tensor.to(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor)
        for name, tensor in discriminator.state_dict().items()
    )
    torch.save(wrapped, folder / "discriminator_wrapped.pth", pickle_protocol=4)
    with torch.no_grad():
        latents, reals = torch.randn(BATCH, LATENT, 1, 1), torch.rand(BATCH, 1, SIZE, SIZE) * 2 - 1
        save_file(
            {
                "latents": latents,
                "images": generator(latents).contiguous(),
                "reals": reals,
                "logits": discriminator(reals).flatten(),
            },
            folder / "state_dicts.safetensors",
        )


if __name__ == "__main__":
    main()
