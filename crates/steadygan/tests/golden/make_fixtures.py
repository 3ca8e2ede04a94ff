#!/usr/bin/env python3
"""Makes the golden fixtures: what PyTorch computes, for the tests to compare SteadyGAN with.

    pip install torch safetensors numpy
    python make_fixtures.py

The committed files were made with Python 3.11, torch 2.15.0 (CPU), safetensors 0.8.0 and numpy 2.4.6 in less
than a minute; on one machine they come out the same to the byte each time. They are written beside this script, or
into the folder given as the only argument. `README.md` lists their contents.

* `dcgan.safetensors`: ten steps of PyTorch's DCGAN example (pytorch/examples, dcgan/main.py) at
  32 pixels, width 8, latent 100, batch 8, colour.
* `operators.safetensors`: single operators with their gradients, and five steps of Adam.
* `input_gradient.safetensors`: a discriminator without normalisation, the gradient of its summed
  logits with respect to the images, and the gradient of the R1 penalty with respect to its weights.

Conventions
-----------
Reference tensors are computed by PyTorch in float64 from float32 parameters and inputs, and rounded
to float32 once: a comparison with them shows a program's own rounding and no one else's. How far
PyTorch's float32 is from each is in the metadata (`f32_gap`, relative L2). The losses of the ten steps
are stored for both, with the largest distance between them over one and two threads, two convolution
libraries, and 32 runs that sum in another order because the images of each batch are in another order.

The example ends its discriminator with a sigmoid and uses BCELoss; here the discriminator ends in logits
and the loss is BCEWithLogitsLoss, the same map in a stable form. Everything else is the example's:
one discriminator update from the summed gradients of an all-real and an all-fake batch, then one generator
update on the same fakes with label 1. The discriminator therefore sees three batches a step in training
mode, and each of the three moves its running statistics.

Kinks
-----
ReLU and LeakyReLU have a kink at zero: where a pre-activation lies within rounding of it, two
correct programs can disagree about its slope, and every gradient upstream then differs by far more
than rounding. So no pre-activation of step 1 may lie close to zero. A step has more than 100,000 of them, so a
plain search over seeds would not end. But a channel's pre-activations depend on nothing in its own layer but
that channel's weights: layer by layer, a channel that has one too close to zero is drawn anew
(rejection sampling: every weight is still a draw from the example's distribution). What remains after that, the
generator step's pass through the discriminator just updated, is left to a search over seeds.

* After batch normalisation in training mode: no closer than 1e-4.
* Where values are small (the discriminator's first layer, which has no batch norm; evaluation mode, whose running
  variances still remember their initial 1; the network without normalisation): no closer than
  1e-4 of the layer's standard deviation.
* Evaluation mode does not couple images, so there each image is drawn anew until it satisfies the rule. That is why
  it has inputs of its own (`eval.*`).

Adam's first step moves each weight by lr * g / (|g| + 1e-8), almost the sign of its gradient, which is a kink
too: the search also demands that no gradient of step 1 is smaller than 1e-5 of its tensor's root mean square.
All of it is asserted at the end, and the smallest distances are in the metadata.
"""

import json
import sys
from itertools import count
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

SIZE, WIDTH, LATENT, BATCH, CHANNELS, STEPS = 32, 8, 100, 8, 3, 10
LR, BETAS, EPS = 2e-4, (0.5, 0.999), 1e-8
KINK_MARGIN = 1e-4
GRADIENT_MARGIN = 1e-5
REORDERED_RUNS = 32
CONV_STD, NORM_STD = 0.02, 0.02


# ---------------------------------------------------------------- networks


def make_generator():
    def up(n_in, n_out, stride, padding):
        conv = nn.ConvTranspose2d(n_in, n_out, 4, stride, padding, bias=False)
        return [conv, nn.BatchNorm2d(n_out), nn.ReLU()]

    return named_main(
        *up(LATENT, 4 * WIDTH, 1, 0),
        *up(4 * WIDTH, 2 * WIDTH, 2, 1),
        *up(2 * WIDTH, WIDTH, 2, 1),
        nn.ConvTranspose2d(WIDTH, CHANNELS, 4, 2, 1, bias=False),
        nn.Tanh(),
    )


def make_discriminator():
    def down(n_in, n_out):
        return [nn.Conv2d(n_in, n_out, 4, 2, 1, bias=False), nn.BatchNorm2d(n_out), nn.LeakyReLU(0.2)]

    return named_main(
        nn.Conv2d(CHANNELS, WIDTH, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2),
        *down(WIDTH, 2 * WIDTH),
        *down(2 * WIDTH, 4 * WIDTH),
        nn.Conv2d(4 * WIDTH, 1, 4, 1, 0, bias=False),
    )


def make_plain_discriminator():
    """No batch norm, so that a gradient with respect to one image is that image's alone; biases instead."""
    return named_main(
        nn.Conv2d(CHANNELS, WIDTH, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * WIDTH, 4 * WIDTH, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4 * WIDTH, 1, 4, 1, 0),
    )


def named_main(*layers):
    """The example keeps its layers in a Sequential called `main`."""
    net = nn.Module()
    net.main = nn.Sequential(*layers)
    net.forward = net.main.forward
    return net


def state_of(net):
    """Parameters and running statistics, copied. `num_batches_tracked` is only a counter."""
    return {k: v.detach().clone() for k, v in net.state_dict().items() if "num_batches" not in k}


def load(make, state, dtype):
    net = make().to(dtype)
    net.load_state_dict({k: v.to(dtype) for k, v in state.items()}, strict=False)
    return net


# ---------------------------------------------------------------- inputs


def draw_images(rng, n):
    """Smooth coloured shapes with a little grain, as bytes: they use the whole range 0..255."""
    coarse = torch.randn(n, CHANNELS, 6, 6, generator=rng)
    image = F.interpolate(coarse, size=SIZE, mode="bicubic", align_corners=False)
    image = torch.tanh(image + 0.1 * torch.randn(image.shape, generator=rng))
    return ((image + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def scale_images(bytes_, dtype):
    """Bytes to [-1, 1], in float32 first so that both precisions start from the same numbers."""
    return ((bytes_.to(torch.float32) - 127.5) / 127.5).to(dtype)


def draw_latents(rng, n):
    return torch.randn(n, LATENT, 1, 1, generator=rng)


# ---------------------------------------------------------------- kinks


class Kinks:
    """Watches the pre-activations of every ReLU and LeakyReLU of a network while it is run."""

    def __init__(self, net):
        self.smallest = []  # (layer, smallest |x|, standard deviation of the layer)
        self.handles = [
            layer.register_forward_pre_hook(self._hook(i))
            for i, layer in enumerate(net.main)
            if isinstance(layer, (nn.ReLU, nn.LeakyReLU))
        ]

    def _hook(self, i):
        def look(_, inputs):
            x = inputs[0].detach()
            self.smallest.append((i, x.abs().min().item(), x.std().item()))

        return look

    def take(self):
        taken, self.smallest = self.smallest, []
        return taken

    def close(self):
        for handle in self.handles:
            handle.remove()


def distances(passes, relative):
    """Distance to the kink for each (pass, layer): relative to the layer's deviation where asked."""
    found = {}
    for name, layers in passes.items():
        for i, smallest, std in layers:
            found[f"{name}.main.{i}"] = smallest / std if relative(name, i) else smallest
    return found


def is_relative(name, layer):
    is_first_of_discriminator = "discriminator" in name and layer == 1
    return is_first_of_discriminator or name.startswith(("eval", "plain"))


def draw_layer(rng, layer, norm, inputs, weight_of, scale_by_std):
    """Draws one layer, channel by channel again until no pre-activation lies too close to zero.

    `inputs` are the batches (float64) that will pass through it, each normalised on its own.
    Fills `layer` and `norm`; returns the pre-activations and how many draws were rejected.
    """
    transposed = isinstance(layer, nn.ConvTranspose2d)
    rejected = 0
    redo = torch.ones(layer.out_channels, dtype=torch.bool)
    with torch.no_grad():
        while redo.any():
            weight = layer.weight.transpose(0, 1) if transposed else layer.weight
            for c in redo.nonzero().flatten():
                weight[c] = weight_of(rng, weight[c].shape)
                if layer.bias is not None:
                    layer.bias[c] = weight_of(rng, (1,))[0]
                if norm is not None:
                    norm.weight[c] = 1 + NORM_STD * torch.randn((), generator=rng)
            redo = torch.zeros_like(redo)
            outputs = []
            w, b = layer.weight.double(), None if layer.bias is None else layer.bias.double()
            for x in inputs:
                if transposed:
                    y = F.conv_transpose2d(x, w, b, layer.stride, layer.padding)
                else:
                    y = F.conv2d(x, w, b, layer.stride, layer.padding)
                if norm is not None:
                    y = F.batch_norm(y, None, None, norm.weight.double(), norm.bias.double(), training=True)
                margin = KINK_MARGIN * (y.std().item() if scale_by_std else 1.0)
                redo |= (y.abs() < margin).any(dim=3).any(dim=2).any(dim=0)
                outputs.append(y)
            rejected += int(redo.sum())
    return outputs, rejected


def draw_network(rng, net, inputs, weight_of, scale_by_std):
    """Draws all layers of `net`; `scale_by_std(index)` says which margins are relative."""
    layers = list(net.main)
    rejected = 0
    i = 0
    while i < len(layers):
        norm = layers[i + 1] if i + 1 < len(layers) and isinstance(layers[i + 1], nn.BatchNorm2d) else None
        act = i + (2 if norm is not None else 1)
        if act < len(layers) and isinstance(layers[act], (nn.ReLU, nn.LeakyReLU)):
            outputs, n = draw_layer(rng, layers[i], norm, inputs, weight_of, scale_by_std(act))
            inputs = [layers[act](y) for y in outputs]
            rejected += n
        else:  # the last layer: no kink follows it
            with torch.no_grad():
                layers[i].weight.copy_(weight_of(rng, layers[i].weight.shape))
                if layers[i].bias is not None:
                    layers[i].bias.copy_(weight_of(rng, layers[i].bias.shape))
        i = act + 1
    return rejected


def gaussian(rng, shape):
    return CONV_STD * torch.randn(shape, generator=rng)


# ---------------------------------------------------------------- training


class Trainer:
    """The example's training loop in the given precision."""

    def __init__(self, init_g, init_d, dtype):
        self.dtype = dtype
        self.g, self.d = load(make_generator, init_g, dtype), load(make_discriminator, init_d, dtype)
        self.opt_g = torch.optim.Adam(self.g.parameters(), lr=LR, betas=BETAS, eps=EPS)
        self.opt_d = torch.optim.Adam(self.d.parameters(), lr=LR, betas=BETAS, eps=EPS)
        self.loss = nn.BCEWithLogitsLoss()

    def step(self, real_bytes, z):
        """One step; returns its losses, and keeps the gradients that each update used."""
        real, z = scale_images(real_bytes, self.dtype), z.to(self.dtype)
        ones, zeros = torch.ones(len(z), dtype=self.dtype), torch.zeros(len(z), dtype=self.dtype)

        self.d.zero_grad()
        loss_d_real = self.loss(self.d.forward(real).view(-1), ones)
        loss_d_real.backward()
        fake = self.g.forward(z)
        loss_d_fake = self.loss(self.d.forward(fake.detach()).view(-1), zeros)
        loss_d_fake.backward()
        self.grad_d = {k: p.grad.clone() for k, p in self.d.named_parameters()}
        self.opt_d.step()

        self.g.zero_grad()
        loss_g = self.loss(self.d.forward(fake).view(-1), ones)
        loss_g.backward()
        self.grad_g = {k: p.grad.clone() for k, p in self.g.named_parameters()}
        self.opt_g.step()
        return [loss_d_real.item(), loss_d_fake.item(), loss_g.item()]

    def moments(self):
        """Adam's first and second moments by name."""
        for part, net, opt in (("generator", self.g, self.opt_g), ("discriminator", self.d, self.opt_d)):
            for k, p in net.named_parameters():
                s = opt.state[p]
                yield f"{part}.{k}", s["exp_avg"].clone(), s["exp_avg_sq"].clone()


def run(case, dtype, threads=1, onednn=True):
    """Everything of one run: the tensors of step 1, the state at the end, and the losses."""
    torch.set_num_threads(threads)
    with torch.backends.mkldnn.flags(enabled=onednn):
        trainer = Trainer(case["g"], case["d"], dtype)
        out = {}

        probe = load(make_generator, case["g"], dtype).train()
        out["train.generator_output"] = probe.forward(case["z"][0].to(dtype)).detach()
        keep(out, "train.generator", {k: v for k, v in state_of(probe).items() if "running" in k})
        probe = load(make_discriminator, case["d"], dtype).train()
        out["train.logits"] = probe.forward(scale_images(case["real"][0], dtype)).detach().view(-1)
        keep(out, "train.discriminator", {k: v for k, v in state_of(probe).items() if "running" in k})

        losses = []
        for i in range(STEPS):
            losses.append(trainer.step(case["real"][i], case["z"][i]))
            if i == 0:
                keep(out, "grad_d", trainer.grad_d)
                keep(out, "grad_g", trainer.grad_g)
                keep(out, "after1.generator", state_of(trainer.g))
                keep(out, "after1.discriminator", state_of(trainer.d))
                for name, m, v in trainer.moments():
                    # Elementwise, so the other twelve tensors show as much as this one, which is the largest.
                    if name != "generator.main.0.weight":
                        out[f"adam_m.{name}"], out[f"adam_v.{name}"] = m, v
        keep(out, "final.generator", state_of(trainer.g))
        keep(out, "final.discriminator", state_of(trainer.d))
    torch.set_num_threads(1)
    return out, losses


def reorder(case, seed):
    """The same case with the images of each batch in another order."""
    rng = torch.Generator().manual_seed(seed)
    orders = [(torch.randperm(BATCH, generator=rng), torch.randperm(BATCH, generator=rng)) for _ in range(STEPS)]
    return case | {
        "real": [x[o] for x, (o, _) in zip(case["real"], orders)],
        "z": [z[o] for z, (_, o) in zip(case["z"], orders)],
    }


def keep(out, prefix, tensors):
    out.update({f"{prefix}.{k}": v.detach().clone() for k, v in tensors.items()})


def relative_l2(a, b):
    a, b = a.double(), b.double()
    norm = b.norm().item()
    return (a - b).norm().item() / norm if norm > 0 else (a - b).norm().item()


# ---------------------------------------------------------------- dcgan.safetensors


def find_case():
    """The first seed whose first step keeps its distance from every kink."""
    for seed in count():
        rng = torch.Generator().manual_seed(seed)
        real = [draw_images(rng, BATCH) for _ in range(STEPS)]
        z = [draw_latents(rng, BATCH) for _ in range(STEPS)]
        g, d = make_generator(), make_discriminator()
        rejected = draw_network(rng, g, [z[0].double()], gaussian, lambda act: False)
        fake = load(make_generator, state_of(g), torch.float64).forward(z[0].double()).detach()
        batches = [scale_images(real[0], torch.float64), fake]
        rejected += draw_network(rng, d, batches, gaussian, lambda act: act == 1)
        case = {"seed": seed, "g": state_of(g), "d": state_of(d), "real": real, "z": z, "rejected": rejected}
        kinks, gradients = first_step_distances(case)
        if min(kinks.values()) >= KINK_MARGIN and min(gradients.values()) >= GRADIENT_MARGIN:
            return case
        print(f"seed {seed}: kinks {min(kinks.values()):.1e}, gradients {min(gradients.values()):.1e}", flush=True)


def first_step_distances(case):
    """Smallest distances to a kink in step 1 (float64), and smallest gradients in units of their tensor's rms."""
    trainer = Trainer(case["g"], case["d"], torch.float64)
    kinks_g, kinks_d = Kinks(trainer.g), Kinks(trainer.d)
    trainer.step(case["real"][0], case["z"][0])
    seen = kinks_d.take()
    assert len(seen) == 9, "three passes of three layers"
    passes = {
        "step1.generator": kinks_g.take(),
        "step1.discriminator_real": seen[0:3],
        "step1.discriminator_fake": seen[3:6],
        "step1.discriminator_fake_updated": seen[6:9],
    }
    gradients = {
        f"{part}.{k}": (t.abs().min() / t.pow(2).mean().sqrt()).item()
        for part, grads in (("grad_d", trainer.grad_d), ("grad_g", trainer.grad_g))
        for k, t in grads.items()
    }
    return distances(passes, is_relative), gradients


def draw_clear(rng, draw, make, state, prepare, n):
    """`n` inputs whose evaluation-mode pass, one image at a time, stays clear of the kinks.

    The scale of each layer is that of a batch of 256 inputs, so that it does not depend on the image.
    """
    net = load(make, state, torch.float64).eval()
    watch = Kinks(net)
    net.forward(prepare(draw(rng, 256)))
    scales = {i: std for i, _, std in watch.take()}
    kept = []
    while len(kept) < n:
        x = draw(rng, 1)
        net.forward(prepare(x))
        # 10% to spare, because the final assertion measures by the deviation of the eight images kept.
        if all(smallest > 1.1 * KINK_MARGIN * scales[i] for i, smallest, _ in watch.take()):
            kept.append(x)
    return torch.cat(kept)


def make_dcgan(folder):
    case = find_case()
    truth, losses_f64 = run(case, torch.float64)
    # PyTorch's own float32, as it varies with threads and with the convolution library behind it.
    variants = {}
    for threads in (1, 2):
        for onednn in (True, False):
            name = f"threads={threads},onednn={'on' if onednn else 'off'}"
            variants[name] = run(case, torch.float32, threads, onednn)
    single, losses = variants["threads=1,onednn=on"]
    # One run's gap can be zero by luck. The images of a batch in another order are the same computation with its
    # sums in another order, so such runs show how far rounding alone takes a float32 program.
    reordered = [run(reorder(case, i), torch.float32, 1, i % 2 == 0)[1] for i in range(REORDERED_RUNS)]

    final = {part: {k.removeprefix(f"final.{part}."): v.float() for k, v in truth.items() if k.startswith(f"final.{part}.")}
             for part in ("generator", "discriminator")}
    rng = torch.Generator().manual_seed(case["seed"] + 1_000_000)
    eval_z = draw_clear(rng, draw_latents, make_generator, final["generator"], lambda z: z.double(), BATCH)
    eval_real = draw_clear(rng, draw_images, make_discriminator, final["discriminator"],
                           lambda x: scale_images(x, torch.float64), BATCH)
    eval_passes = {}
    for dtype, out in ((torch.float32, single), (torch.float64, truth)):
        g = load(make_generator, final["generator"], dtype).eval()
        d = load(make_discriminator, final["discriminator"], dtype).eval()
        kinks_g, kinks_d = Kinks(g), Kinks(d)
        out["eval.generator_output"] = g.forward(eval_z.to(dtype)).detach()
        out["eval.logits"] = d.forward(scale_images(eval_real, dtype)).detach().view(-1)
        eval_passes = {"eval.generator": kinks_g.take(), "eval.discriminator": kinks_d.take()}

    tensors = {}
    for part, key in (("generator", "g"), ("discriminator", "d")):
        keep(tensors, f"init.{part}", case[key])
    for i in range(STEPS):
        tensors[f"real.{i}"], tensors[f"z.{i}"] = case["real"][i], case["z"][i]
    tensors["eval.z"], tensors["eval.real"] = eval_z, eval_real
    tensors.update({k: v.float() for k, v in truth.items()})

    kinks, gradients = first_step_distances(case)
    kinks |= distances(eval_passes, is_relative)
    assert min(kinks.values()) >= KINK_MARGIN, kinks
    assert min(gradients.values()) >= GRADIENT_MARGIN, gradients

    gaps = {name: np.abs(np.array(l) - np.array(losses_f64)) for name, (_, l) in variants.items()}
    threads_gap = np.max([v for k, v in gaps.items() if "onednn=on" in k], axis=0)
    gaps["reordered"] = np.max(np.abs(np.array(reordered) - np.array(losses_f64)), axis=0)
    f32_gap = {k: max(relative_l2(out[k], truth[k]) for out, _ in variants.values() if k in out)
               for k in truth if not k.startswith("eval.")}
    f32_gap |= {k: relative_l2(single[k], truth[k]) for k in ("eval.generator_output", "eval.logits")}
    worst = np.max(list(gaps.values()), axis=0)
    sign_flips = max(
        int((out[k].sign() != truth[k].sign()).sum()) for out, _ in variants.values() for k in truth if k.startswith("grad_")
    )
    assert sign_flips == 0, "a gradient of step 1 changes its sign between float32 and float64"

    save(folder / "dcgan.safetensors", tensors, {
        "about": "PyTorch's DCGAN example at 32 pixels: see README.md beside this file",
        "seed": case["seed"],
        "channel_draws_rejected": case["rejected"],
        "config": {"size": SIZE, "channels": CHANNELS, "width": WIDTH, "latent": LATENT, "batch": BATCH,
                   "steps": STEPS, "lr": LR, "beta1": BETAS[0], "beta2": BETAS[1], "adam_epsilon": EPS,
                   "batch_norm_epsilon": 1e-5, "batch_norm_momentum": 0.1, "slope": 0.2,
                   "real_scaling": "(x - 127.5) / 127.5"},
        "loss_columns": ["loss_d_real", "loss_d_fake", "loss_g"],
        "losses": losses,
        "losses_f64": losses_f64,
        "loss_gap": worst.tolist(),
        "loss_gap_envelope": np.maximum.accumulate(worst.max(axis=1)).tolist(),
        "loss_gap_threads": threads_gap.tolist(),
        "loss_gap_by_variant": {k: v.max(axis=1).tolist() for k, v in gaps.items()},
        "reordered_runs": REORDERED_RUNS,
        "f32_gap": f32_gap,
        "kink_margin": KINK_MARGIN,
        "kink_distance": kinks,
        "gradient_margin": GRADIENT_MARGIN,
        "gradient_distance": gradients,
    })
    return case


# ---------------------------------------------------------------- operators.safetensors


def make_operators(folder, seed=1):
    rng = torch.Generator().manual_seed(seed)
    tensors = {}

    def randn(*shape, scale=1.0):
        return scale * torch.randn(shape, generator=rng)

    def record(name, op, **inputs):
        """Runs `op` in float64; stores inputs, output, a random cotangent, and the gradients of sum(output * cotangent)."""
        leaves = {k: v.double().requires_grad_() for k, v in inputs.items()}
        output = op(**leaves)
        cotangent = randn(*output.shape)
        (output * cotangent.double()).sum().backward()
        for k, v in inputs.items():
            tensors[f"{name}.{k}"] = v
            tensors[f"{name}.grad_{k}"] = leaves[k].grad.float()
        tensors[f"{name}.output"] = output.detach().float()
        tensors[f"{name}.cotangent"] = cotangent

    record("conv3x3", lambda input, weight, bias: F.conv2d(input, weight, bias, stride=1, padding=1),
           input=randn(2, 3, 6, 5), weight=randn(4, 3, 3, 3, scale=0.3), bias=randn(4))
    record("conv3x3_stride2_same",
           lambda input, weight, bias: F.conv2d(F.pad(input, (0, 1, 0, 1)), weight, bias, stride=2),
           input=randn(2, 3, 8, 6), weight=randn(4, 3, 3, 3, scale=0.3), bias=randn(4))
    record("conv4x4_stride2", lambda input, weight, bias: F.conv2d(input, weight, bias, stride=2, padding=1),
           input=randn(2, 3, 8, 6), weight=randn(4, 3, 4, 4, scale=0.3), bias=randn(4))
    record("conv_transpose4x4_stride2",
           lambda input, weight, bias: F.conv_transpose2d(input, weight, bias, stride=2, padding=1),
           input=randn(2, 3, 4, 3), weight=randn(3, 4, 4, 4, scale=0.3), bias=randn(4))
    record("upsample_nearest", lambda input: F.interpolate(input, scale_factor=2, mode="nearest"), input=randn(2, 3, 3, 4))

    # Small integers: about half of the windows hold their maximum more than once. Their gradient goes to the first.
    ties = torch.randint(-1, 2, (2, 3, 6, 8), generator=rng).float()
    record("max_pool", lambda input: F.max_pool2d(input, 2), input=ties)
    by_hand, tied = first_maximum_gradient(ties, tensors["max_pool.cotangent"])
    assert torch.equal(by_hand, tensors["max_pool.grad_input"]) and tied > 10, "first maximum wins"

    # Training mode. PyTorch normalises by the biased variance and keeps the unbiased one in running_var.
    x, weight, bias = 2 * randn(4, 3, 5, 4) + 0.7, 1 + randn(3, scale=0.3), randn(3)
    mean, var = randn(3), 0.5 + torch.rand(3, generator=rng)
    tensors["batch_norm.running_mean"], tensors["batch_norm.running_var"] = mean, var
    new_mean, new_var = mean.double(), var.double()
    record("batch_norm",
           lambda input, weight, bias: F.batch_norm(input, new_mean, new_var, weight, bias, True, 0.1, 1e-5),
           input=x, weight=weight, bias=bias)
    unbiased = x.double().transpose(0, 1).flatten(1).var(1, unbiased=True)
    assert torch.allclose(new_var, 0.9 * var.double() + 0.1 * unbiased, atol=1e-12)
    tensors["batch_norm.running_mean_after"], tensors["batch_norm.running_var_after"] = new_mean.float(), new_var.float()
    evaluated = F.batch_norm(x.double(), new_mean, new_var, weight.double(), bias.double(), False, 0.1, 1e-5)
    tensors["batch_norm.output_eval"] = evaluated.float()

    # Labels may be soft, and above 1; logits large enough to overflow a naive exponential.
    logits = torch.tensor([-120.0, -30.0, -3.0, -0.5, 0.0, 0.0, 0.25, 1.0, 2.5, 8.0, 40.0, 120.0])
    labels = torch.tensor([0.0, 1.2, 0.3, 0.0, 1.2, 0.15, 0.7, 1.2, 0.9, 1.0, 1.2, 0.3])
    leaf = logits.double().requires_grad_()
    mean_loss = F.binary_cross_entropy_with_logits(leaf, labels.double())
    mean_loss.backward()
    tensors |= {
        "bce.logits": logits, "bce.labels": labels, "bce.grad_logits": leaf.grad.float(),
        "bce.output": F.binary_cross_entropy_with_logits(logits.double(), labels.double(), reduction="none").float(),
        "bce.mean": mean_loss.detach().float().reshape(1),
    }

    # Five steps of Adam on given gradients, some of them tiny, one of them zero.
    p = randn(16, scale=0.02).double().requires_grad_()
    tensors["adam.param.0"] = p.detach().float()
    with torch.no_grad():
        p.copy_(p.float())
    adam = torch.optim.Adam([p], lr=LR, betas=BETAS, eps=EPS)
    for i in range(1, 6):
        grad = randn(16, scale=0.01) * torch.logspace(-8, 0, 16)
        grad[0] = 0
        p.grad = grad.double()
        adam.step()
        s = adam.state[p]
        tensors |= {f"adam.grad.{i}": grad, f"adam.param.{i}": p.detach().float(),
                    f"adam.m.{i}": s["exp_avg"].float(), f"adam.v.{i}": s["exp_avg_sq"].float()}

    save(folder / "operators.safetensors", tensors, {
        "about": "single operators with gradients of sum(output * cotangent): see README.md beside this file",
        "seed": seed,
        "batch_norm": {"epsilon": 1e-5, "momentum": 0.1},
        "adam": {"lr": LR, "beta1": BETAS[0], "beta2": BETAS[1], "epsilon": EPS},
        "max_pool_windows_with_tied_maximum": tied,
    })


def first_maximum_gradient(x, cotangent):
    """2x2 max pooling's gradient by hand: to the first maximum in row order. Also counts the tied windows."""
    grad, tied = torch.zeros_like(x), 0
    for n, c, i, j in np.ndindex(*cotangent.shape):
        window = x[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2].flatten().tolist()
        first = window.index(max(window))
        tied += window.count(max(window)) > 1
        grad[n, c, 2 * i + first // 2, 2 * j + first % 2] = cotangent[n, c, i, j]
    return grad, tied


# ---------------------------------------------------------------- input_gradient.safetensors


def make_input_gradient(folder, real, seed=2):
    rng = torch.Generator().manual_seed(seed)

    # PyTorch's default, U(+-1/sqrt(fan_in)), for weights and biases: without normalisation N(0, 0.02) would vanish.
    def uniform_for(fan_in):
        return lambda rng, shape: (2 * torch.rand(shape, generator=rng) - 1) / fan_in ** 0.5

    net = make_plain_discriminator()
    inputs, rejected = [scale_images(real, torch.float64)], 0
    for i in (0, 2, 4):
        fan_in = net.main[i].in_channels * 16
        outputs, n = draw_layer(rng, net.main[i], None, inputs, uniform_for(fan_in), True)
        inputs, rejected = [net.main[i + 1](y) for y in outputs], rejected + n
    with torch.no_grad():
        last = net.main[6]
        last.weight.copy_(uniform_for(last.in_channels * 16)(rng, last.weight.shape))
        last.bias.copy_(uniform_for(last.in_channels * 16)(rng, last.bias.shape))
    weights = state_of(net)

    results = {}
    for dtype in (torch.float32, torch.float64):
        net = load(make_plain_discriminator, weights, dtype)
        watch = Kinks(net)
        images = scale_images(real, dtype).requires_grad_()
        logits = net.forward(images)
        (g,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
        penalty = g.pow(2).flatten(1).sum(1).mean() / 2
        names, params = zip(*net.named_parameters())
        grads = torch.autograd.grad(penalty, params, allow_unused=True)
        out = {"logits": logits.detach().view(-1), "input_gradient": g.detach(), "penalty": penalty.detach().reshape(1)}
        for name, p, grad in zip(names, params, grads):
            # The network is piecewise linear, so no bias moves the input gradient.
            if name.endswith("bias"):
                assert grad is None or not grad.any()
            out[f"grad_penalty.{name}"] = torch.zeros_like(p) if grad is None else grad
        results[dtype] = out
        kinks = distances({"plain.discriminator": watch.take()}, is_relative)
    assert min(kinks.values()) >= KINK_MARGIN, kinks

    truth = results[torch.float64]
    tensors = {"real": real, **{k: v.detach().float() for k, v in truth.items()}}
    keep(tensors, "discriminator", weights)
    save(folder / "input_gradient.safetensors", tensors, {
        "about": "the gradient of the summed logits with respect to the images, and R1's gradient: see README.md",
        "seed": seed,
        "channel_draws_rejected": rejected,
        "penalty": "mean over the batch of |input_gradient|^2 / 2",
        "f32_gap": {k: relative_l2(results[torch.float32][k], v) for k, v in truth.items()},
        "kink_margin": KINK_MARGIN,
        "kink_distance": kinks,
    })


# ---------------------------------------------------------------- writing


def save(path, tensors, metadata):
    """Every metadata value that is not a string is JSON."""
    metadata = metadata | {"torch": torch.__version__, "numpy": np.__version__}
    metadata = {k: v if isinstance(v, str) else json.dumps(v) for k, v in sorted(metadata.items())}
    for name, t in tensors.items():
        assert t.dtype in (torch.float32, torch.uint8), name
        assert t.dtype == torch.uint8 or torch.isfinite(t).all(), name
    save_file({k: tensors[k].contiguous().clone() for k in sorted(tensors)}, path, metadata)
    sort_metadata(path)
    print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size:,} bytes")


def sort_metadata(path):
    """safetensors writes the metadata in no fixed order; in a fixed one, equal fixtures are equal bytes."""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[end:])


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    case = make_dcgan(folder)
    make_operators(folder)
    make_input_gradient(folder, case["real"][0])


if __name__ == "__main__":
    main()
