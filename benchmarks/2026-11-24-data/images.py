"""Makes photograph-like JPEGs: python images.py FOLDER [COUNT] [PIXELS]. Needs numpy and Pillow."""

import pathlib
import sys

import numpy
from PIL import Image

folder = pathlib.Path(sys.argv[1])
count, pixels = (int(argument) for argument in (sys.argv[2:] + ["20000", "200"][len(sys.argv) - 2 :]))
folder.mkdir(parents=True, exist_ok=True)
rng = numpy.random.default_rng(0)
for number in range(count):
    # Soft colours, an edge, and a little grain: as much detail as photographs of this size have.
    soft = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=numpy.uint8)).resize((pixels, pixels), Image.BICUBIC)
    image = numpy.asarray(soft).astype(numpy.int16)
    x, y = numpy.meshgrid(numpy.arange(pixels), numpy.arange(pixels))
    a, b, c = rng.normal(size=3)
    image[a * (x - pixels / 2) + b * (y - pixels / 2) > c * 30] //= 2
    image += rng.normal(0, 6, image.shape).astype(numpy.int16)
    image = Image.fromarray(image.clip(0, 255).astype(numpy.uint8))
    image.save(folder / f"{number:05}.jpg", quality=90)
