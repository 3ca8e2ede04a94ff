#!/usr/bin/env python3
"""Makes `penalties.safetensors` and `losses.safetensors`: what PyTorch's double backpropagation computes of gradient
penalties for discriminators of every form, and its gradients of the losses.

    pip install torch safetensors numpy
    python make_penalties.py

The conventions are those of `make_fixtures.py` beside this script: reference tensors are computed in float64 from float32
parameters and inputs and rounded once, and `f32_gap` says how far PyTorch's float32 is from them.

The networks are written down here by themselves, as plain PyTorch modules, not read from the program that is tested; their
modules are named as its layers are, so that parameters need no map. No input of a LeakyReLU lies within 1e-4 of its layer's
standard deviation of zero, and no two largest values of a pooling window or of a maxout group so close to each other: seeds are
searched until that holds. Minibatch standard deviation has a kink too, where the images of a group are equal (its 1e-8 rounds it off at
1e-4): groups of four, whose four values are never all close, keep away from it, groups of two would not. For the losses: no logit
of a hinge lies near its margin.
"""

import math
import sys
from itertools import count
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from make_fixtures import named_main, relative_l2, save

BATCH = 4
GAMMA, WEIGHT = 10.0, 10.0  # of R1 and R2, and of WGAN-GP and DRAGAN: the papers'
SQUARED_NORM_FLOOR = 1e-12
KINK_MARGIN = 1e-4
SLOPE = 0.2


# ---------------------------------------------------------------- layers


class Reshape(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(len(x), *self.shape)


class SumPool(nn.Module):
    def forward(self, x):
        return x.sum(dim=(2, 3), keepdim=True)


class Maxout(nn.Module):
    def __init__(self, pieces):
        super().__init__()
        self.pieces = pieces

    def groups(self, x):
        n, c, h, w = x.shape
        return x.view(n, c // self.pieces, self.pieces, h, w)

    def forward(self, x):
        return self.groups(x).amax(dim=2)


class MinibatchStd(nn.Module):
    """ProGAN's layer, with the batch's images i, i + m, i + 2m, ... in one group."""

    def __init__(self, group):
        super().__init__()
        self.group = group

    def forward(self, x):
        n, c, h, w = x.shape
        groups = n // self.group
        y = x.view(self.group, groups, c, h, w)
        std = (y.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
        return torch.cat([x, std.repeat(self.group).view(n, 1, 1, 1).expand(n, 1, h, w)], dim=1)


class SelfAttention(nn.Module):
    def __init__(self, channels, conv=nn.Conv2d):
        super().__init__()
        keys, values = max(channels // 8, 1), max(channels // 2, 1)
        self.query, self.key = conv(channels, keys, 1, bias=False), conv(channels, keys, 1, bias=False)
        self.value, self.out = conv(channels, values, 1, bias=False), conv(values, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        q, k, v = (conv(x).flatten(2) for conv in (self.query, self.key, self.value))
        attention = torch.softmax(q.transpose(1, 2) @ k, dim=2)
        read = v @ attention.transpose(1, 2)
        return x + self.gamma * self.out(read.view(len(x), -1, *x.shape[2:]))


class Residual(nn.Module):
    def __init__(self, main, skip=()):
        super().__init__()
        self.main, self.skip = nn.Sequential(*main), nn.Sequential(*skip)

    def forward(self, x):
        return self.main(x) + self.skip(x)


class Spectral(nn.Conv2d):
    """A convolution with W / (u' W v), u and v being constants; they are called `weight_u` and `weight_v`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        matrix = self.weight.flatten(1)
        self.register_buffer("weight_u", torch.zeros(matrix.shape[0]))
        self.register_buffer("weight_v", torch.zeros(matrix.shape[1]))

    def iterate(self, rng, times):
        """From a random u: few iterations, so that the vectors are not yet the singular ones."""
        matrix = self.weight.detach().flatten(1)
        u = torch.randn(len(matrix), generator=rng)
        for _ in range(times):
            v = F.normalize(matrix.T @ u, dim=0)
            u = F.normalize(matrix @ v, dim=0)
        self.weight_u.copy_(u)
        self.weight_v.copy_(v)

    def forward(self, x):
        sigma = self.weight_u @ self.weight.flatten(1) @ self.weight_v
        return F.conv2d(x, self.weight / sigma, self.bias, self.stride, self.padding)


# ---------------------------------------------------------------- networks


def act():
    return nn.LeakyReLU(SLOPE)


def halving(form, n_in, n_out, conv=nn.Conv2d):
    if form == "strided":
        return [conv(n_in, n_out, 4, 2, 1), act()]
    return [conv(n_in, n_out, 3, 1, 1), act(), {"max": nn.MaxPool2d, "average": nn.AvgPool2d}[form](2)]


def dcgan(form="strided", conv=nn.Conv2d, middle=(), before_last=(), extra=0):
    """16 pixels, colour, width 4."""
    down = [*halving(form, 3, 4, conv), *middle, *halving(form, 4, 8, conv)]
    return named_main(*down, *before_last, conv(8 + extra, 1, 4))


def mlp():
    """8 pixels, colour, two hidden layers of 6."""
    return named_main(Reshape(192, 1, 1), nn.Conv2d(192, 6, 1), act(), nn.Conv2d(6, 6, 1), act(), nn.Conv2d(6, 1, 1))


def maxout():
    """Points of the plane, two hidden layers of 6 units of 3 pieces."""
    return named_main(nn.Conv2d(2, 18, 1), Maxout(3), nn.Conv2d(6, 18, 1), Maxout(3), nn.Conv2d(6, 1, 1))


def sngan(conv=nn.Conv2d, middle=(), extra=()):
    """8 pixels, colour, widths 2 and 4."""
    pool = nn.AvgPool2d
    first = Residual([conv(3, 2, 3, 1, 1), act(), conv(2, 2, 3, 1, 1), pool(2)], [pool(2), conv(3, 2, 1)])
    second = Residual([act(), conv(2, 2, 3, 1, 1), act(), conv(2, 4, 3, 1, 1)], [conv(2, 4, 1)])
    return named_main(first, *middle, second, act(), SumPool(), *extra, conv(4 + len(extra), 1, 1))


def norm_free():
    """8 pixels, colour, widths 2 and 4."""

    def blocks(c):
        def block():
            layers = [nn.Conv2d(c, c, 1), act(), nn.Conv2d(c, c, 3, 1, 1), act(), nn.Conv2d(c, c, 1, bias=False)]
            return Residual(layers)

        return [block(), block()]

    return named_main(
        nn.Conv2d(3, 2, 1, bias=False), *blocks(2), nn.AvgPool2d(2), nn.Conv2d(2, 4, 1, bias=False), *blocks(4),
        nn.Conv2d(4, 4, 4, groups=4, bias=False), nn.Conv2d(4, 1, 1, bias=False))


# Name: network, shape of its images.
COLOUR16, COLOUR8, POINTS = (3, 16, 16), (3, 8, 8), (2, 1, 1)
NETWORKS = {
    "strided": (dcgan, COLOUR16),
    "max_pool": (lambda: dcgan("max"), COLOUR16),
    "average_pool": (lambda: dcgan("average"), COLOUR16),
    "spectral_norm": (lambda: dcgan(conv=Spectral), COLOUR16),
    "minibatch_std": (lambda: dcgan(before_last=[MinibatchStd(4)], extra=1), COLOUR16),
    "attention": (lambda: dcgan(middle=[SelfAttention(4)]), COLOUR16),
    "mlp": (mlp, COLOUR8),
    "maxout": (maxout, POINTS),
    "sngan": (sngan, COLOUR8),
    "norm_free": (norm_free, COLOUR8),
    "everything": (lambda: sngan(Spectral, [SelfAttention(2, Spectral)], [MinibatchStd(4)]), COLOUR8),
}


def draw(make, seed):
    """Weights of the size that keeps an image's scale, so that norms are about 1; no parameter at 0 or 1."""
    rng = torch.Generator().manual_seed(seed)
    net = make()
    with torch.no_grad():
        for p in net.parameters():
            deviation = 1.4 / math.sqrt(p[0].numel()) if p.dim() == 4 else 0.3
            p.copy_(deviation * torch.randn(p.shape, generator=rng))
        for module in net.modules():
            if isinstance(module, Spectral):
                module.iterate(rng, 3)
            if isinstance(module, SelfAttention):
                module.gamma.fill_(0.7)
    return net


# ---------------------------------------------------------------- points


def draw_points(rng, shape):
    """Reals and fakes, and where WGAN-GP and DRAGAN take the slope."""
    reals = torch.randn(BATCH, *shape, generator=rng).tanh()
    fakes = torch.randn(BATCH, *shape, generator=rng).tanh()
    share = torch.rand(BATCH, 1, 1, 1, generator=rng)
    between = reals + share * (fakes - reals)
    share = torch.rand(BATCH, 1, 1, 1, generator=rng)
    around = reals + share * 0.5 * reals.std(unbiased=False) * torch.rand(reals.shape, generator=rng)
    return {"real": reals, "fake": fakes, "between": between, "around": around}


# ---------------------------------------------------------------- kinks


def watch_kinks(net):
    """Notes the smallest distance to a kink of every layer that has any, over its input's standard deviation."""
    found = {}

    def look(name, distance_of):
        def hook(_, inputs):
            x = inputs[0].detach()
            distance = distance_of(x).min().item() / x.std().item()
            found[name] = min(distance, found.get(name, math.inf))
        return hook

    def gap(groups, dim):
        top = groups.topk(2, dim=dim).values
        return top.select(dim, 0) - top.select(dim, 1)

    for name, module in net.named_modules():
        if isinstance(module, nn.LeakyReLU):
            module.register_forward_pre_hook(look(name, torch.abs))
        elif isinstance(module, nn.MaxPool2d):
            # (n, c * 4, windows) to the gap between each window's two largest values.
            module.register_forward_pre_hook(
                look(name, lambda x: gap(F.unfold(x, 2, stride=2).unflatten(1, (x.shape[1], 4)), 2)))
        elif isinstance(module, Maxout):
            module.register_forward_pre_hook(look(name, lambda x, m=module: gap(m.groups(x), 2)))
    return found


# ---------------------------------------------------------------- penalties


def penalties(net, points):
    """Name: value and gradients of all parameters."""
    found = {}
    for name, at in (("r1", "real"), ("r2", "fake"), ("wgan_gp", "between"), ("dragan", "around")):
        images = points[at].clone().requires_grad_()
        (g,) = torch.autograd.grad(net.forward(images).sum(), images, create_graph=True)
        squares = g.flatten(1).pow(2).sum(1)
        if name in ("r1", "r2"):
            value = GAMMA / 2 * squares.mean()
        else:
            value = WEIGHT * ((squares + SQUARED_NORM_FLOOR).sqrt() - 1).pow(2).mean()
        names, parameters = zip(*net.named_parameters())
        gradients = torch.autograd.grad(value, parameters, allow_unused=True, materialize_grads=True)
        found[f"{name}.value"] = value.detach().reshape(1)
        found |= {f"{name}.grad.{k}": v for k, v in zip(names, gradients)}
    return found


def make_penalties(folder):
    tensors, seeds, kinks, gaps = {}, {}, {}, {}
    rng = torch.Generator().manual_seed(0)
    images = {shape: draw_points(rng, shape) for shape in (COLOUR16, COLOUR8, POINTS)}
    for shape, points in images.items():
        tensors |= {f"images.{'x'.join(map(str, shape))}.{k}": v for k, v in points.items()}
    for name, (make, shape) in NETWORKS.items():
        points = {k: v.double() for k, v in images[shape].items()}
        for seed in count():
            net = draw(make, seed).double()
            distances = watch_kinks(net)
            truth = penalties(net, points)
            if min(distances.values()) >= KINK_MARGIN:
                break
        seeds[name] = seed
        kinks |= {f"{name}.{k}": v for k, v in distances.items()}
        single = penalties(draw(make, seed), images[shape])
        gaps |= {f"{name}.{k}": relative_l2(single[k], v) for k, v in truth.items()}
        tensors |= {f"{name}.{k}": v.float() for k, v in truth.items()}
        # Float32 parameters are exact in float64 and back.
        tensors |= {f"{name}.init.{k}": v.float() for k, v in net.state_dict().items()}
    assert min(kinks.values()) >= KINK_MARGIN
    save(folder / "penalties.safetensors", tensors, {
        "about": "gradient penalties by double backpropagation: see README.md beside this file",
        "seeds": seeds, "gamma": GAMMA, "weight": WEIGHT, "f32_gap": max(gaps.values()),
        "kink_margin": KINK_MARGIN, "kink_distance": min(kinks.values()),
    })


# ---------------------------------------------------------------- losses


def losses(real, fake):
    """Name: the discriminator's and the generator's loss."""
    sp = F.softplus
    mean_r, mean_f = real.mean(), fake.mean()
    bce = F.binary_cross_entropy_with_logits
    ones, zeros = torch.ones_like(real), torch.zeros_like(fake)
    minimax = bce(real, ones) + bce(fake, zeros)
    return {
        "non_saturating": (minimax, bce(fake, ones)),
        "saturating": (minimax, -bce(fake, zeros)),
        "least_squares": (F.mse_loss(real, ones) / 2 + F.mse_loss(fake, zeros) / 2, F.mse_loss(fake, ones) / 2),
        "hinge": (F.relu(1 - real).mean() + F.relu(1 + fake).mean(), -mean_f),
        "wasserstein": (mean_f - mean_r, -mean_f),
        "relativistic_pairing": (sp(fake - real).mean(), sp(real - fake).mean()),
        "relativistic_average": (
            (bce(real - mean_f, ones) + bce(fake - mean_r, zeros)) / 2,
            (bce(fake - mean_r, ones) + bce(real - mean_f, zeros)) / 2,
        ),
    }


def make_losses(folder):
    # "near" has what logits usually are, "far" what they are in a run that goes wrong: a naive exponential overflows.
    cases = {
        "near": ([0.3, -1.7, 2.2, 0.9, -0.4, 1.6, 0.0, 3.1], [-0.8, 1.4, -2.6, 0.2, -1.3, 0.7, 0.0, -3.3]),
        "far": ([90.0, -120.0, 35.0, 0.5, -60.0, 12.0, 4.0, -8.0], [-95.0, 130.0, 2.0, -40.0, 65.0, -6.0, 10.0, 0.25]),
    }
    tensors = {}
    for case, logits in cases.items():
        real, fake = (torch.tensor(values, dtype=torch.float32) for values in logits)
        assert min((real - 1).abs().min(), (fake + 1).abs().min()) > 0.05, "no logit near the hinge's margin"
        tensors |= {f"{case}.real": real, f"{case}.fake": fake}
        real, fake = real.double().requires_grad_(), fake.double().requires_grad_()
        for name, (of_d, of_g) in losses(real, fake).items():
            grad_real, grad_fake = torch.autograd.grad(of_d, (real, fake), retain_graph=True)
            (grad_g,) = torch.autograd.grad(of_g, fake, retain_graph=True)
            tensors |= {
                f"{case}.{name}.discriminator": of_d.detach().reshape(1).float(),
                f"{case}.{name}.grad_real": grad_real.float(), f"{case}.{name}.grad_fake": grad_fake.float(),
                f"{case}.{name}.generator": of_g.detach().reshape(1).float(),
                f"{case}.{name}.grad_generator": grad_g.float(),
            }
    save(folder / "losses.safetensors", tensors, {"about": "the losses of two networks: see README.md beside this file"})


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    make_penalties(folder)
    make_losses(folder)


if __name__ == "__main__":
    main()
