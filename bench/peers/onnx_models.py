"""onnx_models.py FOLDER: W2 and W3 as ONNX files, with random weights, the state as inputs and outputs."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(1)


def tensor(name, *shape):
    return numpy_helper.from_array((rng.standard_normal(shape) * 0.1).astype("f4"), name)


for name, inputs, cells, outputs in (("W2", 16, [64], 1), ("W3", 64, [128, 128], 10)):
    nodes, weights, states, ends = [], [], [], []
    value, size = "x", inputs  # [T, B, I]
    for n, units in enumerate(cells):
        weights += [tensor(f"w{n}", 1, 4 * units, size), tensor(f"r{n}", 1, 4 * units, units), tensor(f"b{n}", 1, 8 * units)]
        shape = [1, "B", units]
        states += [helper.make_tensor_value_info(f"{s}{n}", TensorProto.FLOAT, shape) for s in ("h", "c")]
        ends += [helper.make_tensor_value_info(f"{s}{n}_end", TensorProto.FLOAT, shape) for s in ("h", "c")]
        nodes.append(
            helper.make_node(
                "LSTM",
                [value, f"w{n}", f"r{n}", f"b{n}", "", f"h{n}", f"c{n}"],
                [f"y{n}", f"h{n}_end", f"c{n}_end"],
                hidden_size=units,
            )
        )
        nodes.append(helper.make_node("Squeeze", [f"y{n}", "one"], [f"s{n}"]))
        value, size = f"s{n}", units
    weights += [numpy_helper.from_array(np.array([1], "i8"), "one"), numpy_helper.from_array(np.array([0], "i8"), "zero")]
    weights += [tensor("dense", size, outputs), tensor("bias", outputs)]
    nodes += [
        helper.make_node("Squeeze", [f"h{len(cells) - 1}_end", "zero"], ["last"]),
        helper.make_node("Gemm", ["last", "dense", "bias"], ["out"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["T", "B", inputs])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["B", outputs])
    graph = helper.make_graph(nodes, name, [x, *states], [out, *ends], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, f"{sys.argv[1]}/{name}.onnx")
