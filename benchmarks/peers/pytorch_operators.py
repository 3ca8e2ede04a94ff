"""PyTorch's convolutions, one pass of one layer whenever it is asked for one.

Every line on stdin asks for `INDEX PASS` (`2 forward`) of a list of layers, and is answered by a line of JSON: the milliseconds it
took. The layers are those of `cargo run --release -p steadygan-kernels --example layers list`.
"""

import argparse
import json

import torch
import torch.nn.functional as F

import process

LAYOUTS = {"nchw": torch.contiguous_format, "channels-last": torch.channels_last}


class Layer:
    """A layer's tensors in one layout; the names are those of the list."""

    def __init__(self, layer, layout):
        self.stride, self.padding = layer["stride"], layer["padding"]
        kernel, size = layer["kernel"], layer["size"]
        uniform = lambda *shape: torch.empty(*shape).uniform_(-1, 1).to(memory_format=LAYOUTS[layout])
        self.x = uniform(layer["batch"], layer["in_channels"], size, size)
        self.weight = uniform(layer["out_channels"], layer["in_channels"], kernel, kernel)
        self.dy = torch.empty_like(self.forward()).uniform_(-1, 1)

    def forward(self):
        return F.conv2d(self.x, self.weight, stride=self.stride, padding=self.padding)

    def backward(self, *wanted):
        one = [1, 1]
        stride, padding = [self.stride] * 2, [self.padding] * 2
        return torch.ops.aten.convolution_backward(
            self.dy, self.x, self.weight, None, stride, padding, one, False, [0, 0], 1, [*wanted, False]
        )

    def run(self, name):
        if name == "forward":
            return self.forward()
        return self.backward(name == "input-gradient", name == "weight-gradient")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layers", help="a JSON file")
    parser.add_argument("--layout", choices=LAYOUTS, required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    with open(arguments.layers) as file:
        layers = [Layer(layer, arguments.layout) for layer in json.load(file)["layers"]]

    def turn(line):
        index, name = line.split()
        return [process.milliseconds(lambda: layers[int(index)].run(name))]

    process.take_turns(turn)


if __name__ == "__main__":
    with torch.inference_mode():
        main()
