#!/usr/bin/env python3
"""Makes `metrics.safetensors`: features and images, and what other programs' metrics, or definitions written down here
by themselves, say of them.

    pip install numpy scipy scikit-learn prdc safetensors
    python make_metrics.py

* `fakes.features`, `reals.features`: 240 and 300 rows of 24 numbers; `few.*`: 15 and 20 rows of them, fewer than features.
* prdc: PyPI's `prdc`, k = 5.
* frechet: the formula with SciPy's matrix square root. kernel: scikit-learn's `polynomial_kernel` (degree 3, gamma 1/d,
  coef0 1) in the unbiased estimator.
* `fakes.images`, `reals.images`: 12 colour images of 44 pixels.
* swd: ProGAN's definition with SciPy's convolution, on the patches and directions that the fixture names
  (`patches.<pixels>`: image, row and column of each patch; `directions`), so that no random generator is shared.
* ms_ssim: Wang, Simoncelli and Bovik's definition with SciPy's convolution, by pairs of fakes (2i, 2i + 1).
"""

import json
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.ndimage
from prdc import compute_prdc
from safetensors.numpy import save_file
from sklearn.metrics.pairwise import polynomial_kernel

NEIGHBOUR = 5
IMAGES, SIZE, PATCHES, PATCH, DIRECTIONS = 12, 44, 16, 7, 32


# ---------------------------------------------------------------- features


def features(generator, count, dimensions=24):
    """Rows of a mixture of two skewed clouds, all of 32-bit floats."""
    base = generator.normal(size=(count, dimensions)) @ generator.normal(size=(dimensions, dimensions)) / 5
    return (np.abs(base) + generator.integers(0, 2, (count, 1)) + 0.5).astype(np.float32)


def frechet(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(covariance_a @ covariance_b)
    difference = a.mean(0) - b.mean(0)
    return float(difference @ difference + np.trace(covariance_a) + np.trace(covariance_b) - 2 * np.trace(root).real)


def kernel(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    among = lambda x: (lambda k: (k.sum() - np.trace(k)) / (len(x) * (len(x) - 1)))(polynomial_kernel(x, degree=3, coef0=1))
    return float(among(a) + among(b) - 2 * polynomial_kernel(a, b, degree=3, coef0=1).mean())


# ---------------------------------------------------------------- images


def images(generator, smoothness):
    noise = generator.normal(size=(IMAGES, 3, SIZE, SIZE))
    smooth = scipy.ndimage.gaussian_filter(noise, (0, 0, smoothness, smoothness))
    return np.clip(127 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


KERNEL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256.0


def pyramid(batch, levels):
    """The Laplacian pyramid; `mirror` does not repeat the edge."""
    convolve = lambda x, k: scipy.ndimage.convolve(x, k[None, None], mode="mirror")
    made = [batch.astype(np.float64)]
    for _ in range(1, levels):
        smaller = convolve(made[-1], KERNEL)[:, :, ::2, ::2]
        larger = np.zeros(made[-1].shape)
        larger[:, :, ::2, ::2] = smaller
        made[-1] = made[-1] - convolve(larger, 4 * KERNEL)
        made.append(smaller)
    return made


def sliced_wasserstein(fakes, reals, patches, directions):
    """Of each level: descriptors normalised by channel, projected, sorted, mean absolute difference."""
    found = []
    levels = [pyramid(x, len(patches)) for x in (fakes, reals)]
    for level, places in enumerate(patches):
        projected = []
        for side in levels:
            cut = np.stack([side[level][n, :, y : y + PATCH, x : x + PATCH] for n, y, x in places])
            cut = (cut - cut.mean((0, 2, 3), keepdims=True)) / cut.std((0, 2, 3), keepdims=True)
            projected.append(np.sort(cut.reshape(len(cut), -1) @ directions.T, axis=0))
        found.append(float(np.abs(projected[0] - projected[1]).mean() * 1e3))
    return found


WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
SCALES = 3


def ms_ssim(a, b):
    """The mean over channels; weights of the scales used, made to sum to 1; 11 × 11 Gaussian window of deviation 1.5."""
    window = np.exp(-0.5 * (np.arange(11) - 5) ** 2 / 1.5**2)
    window = np.outer(window, window)
    window /= window.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    weights = WEIGHTS[:SCALES] / WEIGHTS[:SCALES].sum()
    of_channels = []
    for x, y in zip(a.astype(np.float64), b.astype(np.float64)):
        product = 1.0
        for scale, weight in enumerate(weights):
            blur = lambda z: scipy.signal.convolve2d(z, window, mode="valid")
            mx, my = blur(x), blur(y)
            vx, vy, vxy = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
            contrast = (2 * vxy + c2) / (vx + vy + c2)
            last = scale == SCALES - 1
            value = (contrast * (2 * mx * my + c1) / (mx * mx + my * my + c1) if last else contrast).mean()
            product *= max(value, 0.0) ** weight
            halve = lambda z: z.reshape(z.shape[0] // 2, 2, z.shape[1] // 2, 2).mean((1, 3))
            x, y = (x, y) if last else (halve(x), halve(y))
        of_channels.append(product)
    return float(np.mean(of_channels))


if __name__ == "__main__":
    import scipy.signal

    generator = np.random.default_rng(20261124)
    fakes, reals = features(generator, 240), features(generator, 300)
    tensors = {"fakes.features": fakes, "reals.features": reals}
    scalars = {"prdc": {key: float(value) for key, value in compute_prdc(reals, fakes, NEIGHBOUR).items()}}
    for name, (a, b) in {"frechet": (fakes, reals), "few": (fakes[:15], reals[:20])}.items():
        scalars[name] = frechet(a, b)
    scalars["kernel"] = kernel(fakes, reals)

    made = {"fakes.images": images(generator, 1.5), "reals.images": images(generator, 3.0)}
    tensors |= made
    directions = generator.normal(size=(DIRECTIONS, 3 * PATCH * PATCH))
    directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    patches = []
    for pixels in (SIZE, SIZE // 2):
        count = IMAGES * PATCHES
        places = generator.integers(0, pixels - PATCH + 1, (count, 2))
        patches.append(np.column_stack([np.repeat(np.arange(IMAGES), PATCHES), places]))
        tensors[f"patches.{pixels}"] = patches[-1].astype(np.float32)
    tensors["directions"] = directions
    scalars["swd"] = sliced_wasserstein(made["fakes.images"], made["reals.images"], patches, directions.astype(np.float64))
    scalars["ms_ssim"] = [ms_ssim(made["fakes.images"][i], made["fakes.images"][i + 1]) for i in range(0, IMAGES, 2)]
    # One sharp image and itself with noise, where the structure counts.
    noisy = np.clip(made["reals.images"] + generator.normal(scale=25, size=made["reals.images"].shape), 0, 255).astype(np.uint8)
    tensors["noisy.images"] = noisy
    scalars["ms_ssim_noisy"] = [ms_ssim(a, b) for a, b in zip(made["reals.images"], noisy)]
    save_file(tensors, Path(__file__).parent / "metrics.safetensors", {key: json.dumps(value) for key, value in sorted(scalars.items())})
    print(json.dumps(scalars, indent=1))
