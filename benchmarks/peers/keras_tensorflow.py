"""DCGAN's training step in Keras 3 on TensorFlow in the tutorials' style: `train_on_batch` on reals, then on fakes, then of the
stacked model with the discriminator frozen (it is traced while frozen, so that its step trains the generator only).

Every line on stdin is how many steps to take, and is answered by a line of JSON: the milliseconds of each."""

import argparse
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import process

LATENT = 100
WARM_UP_STEPS = 2
KERNEL = {"kernel_size": 4, "use_bias": False, "kernel_initializer": keras.initializers.RandomNormal(0.0, 0.02)}
STRIDED = {**KERNEL, "strides": 2, "padding": "same"}


def widths(size, width):
    """Channels at each size from 4 × 4 up."""
    return [width << step for step in reversed(range(size.bit_length() - 3))]


def normalised():
    return [layers.BatchNormalization(), layers.LeakyReLU(negative_slope=0.2)]


def generator(size, channels, width):
    steps = widths(size, width)
    stack = [keras.Input((1, 1, LATENT)), layers.Conv2DTranspose(steps[0], **KERNEL), *normalised()]
    for after in steps[1:]:
        stack += [layers.Conv2DTranspose(after, **STRIDED), *normalised()]
    return keras.Sequential([*stack, layers.Conv2DTranspose(channels, activation="tanh", **STRIDED)])


def discriminator(size, channels, width):
    first, *steps = reversed(widths(size, width))
    stack = [keras.Input((size, size, channels)), layers.Conv2D(first, **STRIDED), layers.LeakyReLU(negative_slope=0.2)]
    for after in steps:
        stack += [layers.Conv2D(after, **STRIDED), *normalised()]
    return keras.Sequential([*stack, layers.Conv2D(1, **KERNEL), layers.Flatten(), layers.Activation("sigmoid")])


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def train(arguments):
    adam = lambda: keras.optimizers.Adam(2e-4, beta_1=0.5)
    shape = (arguments.size, arguments.channels, arguments.width)
    g, d = generator(*shape), discriminator(*shape)
    parameters = [count(g), count(d)]
    latents = lambda: np.random.randn(arguments.batch, 1, 1, LATENT).astype("f4")
    images = (arguments.batch, arguments.size, arguments.size, arguments.channels)
    reals = np.random.uniform(-1, 1, images).astype("f4")
    one, zero = np.ones((arguments.batch, 1), "f4"), np.zeros((arguments.batch, 1), "f4")

    d.trainable = False
    stacked = keras.Sequential([g, d])
    stacked.compile(loss="binary_crossentropy", optimizer=adam())

    def generator_step():
        before = d.weights[0].numpy().copy()
        stacked.train_on_batch(latents(), one)
        assert np.array_equal(before, d.weights[0].numpy()), "the generator's step moved the discriminator"

    generator_step()
    d.trainable = True
    d.compile(loss="binary_crossentropy", optimizer=adam())

    def step():
        d.train_on_batch(reals, one)
        d.train_on_batch(g.predict_on_batch(latents()), zero)
        generator_step()

    for _ in range(WARM_UP_STEPS):
        step()
    process.take_turns(lambda line: [process.milliseconds(step) for _ in range(int(line))], parameters)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    process.add_model_arguments(parser)
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    train(arguments)


if __name__ == "__main__":
    main()
