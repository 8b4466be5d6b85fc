"""Writes `demonstration/model.onnx` from trained weights: `python models/export.py WEIGHTS`.

Weights and every calculation are float32. (Stored as float16 the file would be half as large, but the
runtime then needs 150 MB more memory to widen them, and half a second more to load.)

| value | type | shape |
|---|---|---|
| `tokens` (in) | int32 | [T], one or more |
| `past_keys`, `past_values` (in) | float32 | [P, layers, heads, head], all earlier positions; P may be 0 |
| `logits` (out) | float32 | [vocabulary], for the token after the last one |
| `keys`, `values` (out) | float32 | [T, layers, heads, head], to append to the past |
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from network import EPSILON, HEAD, HEADS, LAYERS, VOCABULARY, WIDTH, rotary_tables

OPSET, IR_VERSION = 17, 8
# Finite, so that no arithmetic on it can make a NaN, and far below any real score.
MASKED = -1e9


class Graph:
    """Collects nodes and constants; each method adds a node and returns its output's name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def add(self, operator: str, *inputs: str, outputs: int = 1, **attributes):
        names = [f"{operator}_{len(self.nodes)}_{at}" for at in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def integers(self, *values: int) -> str:
        return self.constant("integers_" + "_".join(map(str, values)), np.array(values, dtype=np.int64))

    def integer(self, value: int) -> str:
        return self.constant(f"integer_{value}", np.array(value, dtype=np.int64))

    def weight(self, name: str, value: torch.Tensor) -> str:
        return self.constant(name, value.detach().numpy())


def rotate(graph: Graph, x: str, cosine: str, sine: str) -> str:
    first, second = graph.add("Split", x, outputs=2, axis=-1)
    left = graph.add("Sub", graph.add("Mul", first, cosine), graph.add("Mul", second, sine))
    right = graph.add("Add", graph.add("Mul", second, cosine), graph.add("Mul", first, sine))
    return graph.add("Concat", left, right, axis=-1)


def positions(graph: Graph) -> tuple[str, str, str]:
    """The rotary rows of the new positions, and the mask that hides every later position."""
    first = graph.add("Gather", graph.add("Shape", "past_keys"), graph.integer(0))
    count = graph.add("Gather", graph.add("Shape", "tokens"), graph.integer(0))
    end = graph.add("Add", first, count)
    new = graph.add("Range", first, end, graph.integer(1))
    known = graph.add("Range", graph.integer(0), end, graph.integer(1))
    later = graph.add("Greater", known, graph.add("Unsqueeze", new, graph.integers(1)))
    masked = graph.constant("masked", np.array(MASKED, dtype=np.float32))
    mask = graph.add("Where", later, masked, graph.constant("open", np.array(0, dtype=np.float32)))
    tables = []
    for name, table in zip(("cosine", "sine"), rotary_tables()):
        rows = graph.add("Gather", graph.constant(name, table.numpy()), new)
        tables.append(graph.add("Unsqueeze", rows, graph.integers(1)))
    return tables[0], tables[1], mask


def layer(graph: Graph, at: int, weights: dict[str, torch.Tensor], x: str, cosine: str, sine: str, mask: str):
    """One layer over [T, width]; returns its output and the new keys and values [T, heads, head]."""

    def matrix(name: str) -> str:
        return graph.weight(f"layers.{at}.{name}", weights[f"layers.{at}.{name}.weight"].T.contiguous())

    def normal(name: str, value: str) -> str:
        scale = graph.weight(f"layers.{at}.{name}", weights[f"layers.{at}.{name}.weight"])
        return graph.add("LayerNormalization", value, scale, epsilon=EPSILON)

    def with_past(past: str, new: str) -> str:
        return graph.add("Concat", graph.add("Gather", past, graph.integer(at), axis=1), new, axis=0)

    mixed = graph.add("MatMul", normal("attention_norm", x), matrix("query_key_value"))
    split = graph.add("Reshape", mixed, graph.integers(-1, 3, HEADS, HEAD))
    query, key, value = (graph.add("Gather", split, graph.integer(part), axis=1) for part in range(3))
    query, key = rotate(graph, query, cosine, sine), rotate(graph, key, cosine, sine)
    queries = graph.add("Transpose", query, perm=[1, 0, 2])
    keys = graph.add("Transpose", with_past("past_keys", key), perm=[1, 2, 0])
    values = graph.add("Transpose", with_past("past_values", value), perm=[1, 0, 2])
    scale = graph.constant("scale", np.array(HEAD**-0.5, dtype=np.float32))
    scores = graph.add("Add", graph.add("Mul", graph.add("MatMul", queries, keys), scale), mask)
    attended = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), values)
    joined = graph.add("Reshape", graph.add("Transpose", attended, perm=[1, 0, 2]), graph.integers(-1, WIDTH))
    x = graph.add("Add", x, graph.add("MatMul", joined, matrix("attention_out")))
    hidden = graph.add("Relu", graph.add("MatMul", normal("hidden_norm", x), matrix("hidden_in")))
    squared = graph.add("Mul", hidden, hidden)
    return graph.add("Add", x, graph.add("MatMul", squared, matrix("hidden_out"))), key, value


def model(weights: dict[str, torch.Tensor]) -> onnx.ModelProto:
    graph = Graph()
    cosine, sine, mask = positions(graph)
    embedding = graph.weight("embedding", weights["embedding.weight"])
    x = graph.add("Gather", embedding, "tokens")
    new: tuple[list[str], list[str]] = ([], [])
    for at in range(LAYERS):
        x, key, value = layer(graph, at, weights, x, cosine, sine, mask)
        new[0].append(graph.add("Unsqueeze", key, graph.integers(1)))
        new[1].append(graph.add("Unsqueeze", value, graph.integers(1)))
    last = graph.add("Gather", x, graph.integers(-1), axis=0)
    final = graph.add(
        "LayerNormalization", last, graph.weight("final_norm", weights["final_norm.weight"]), epsilon=EPSILON
    )
    scores = graph.add("Gemm", final, embedding, transB=1)
    graph.nodes.append(helper.make_node("Reshape", [scores, graph.integers(VOCABULARY)], ["logits"]))
    graph.nodes.append(helper.make_node("Concat", new[0], ["keys"], axis=1))
    graph.nodes.append(helper.make_node("Concat", new[1], ["values"], axis=1))

    def tensor(name: str, kind: int, *shape) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, shape)

    cache = (LAYERS, HEADS, HEAD)
    inputs = [
        tensor("tokens", TensorProto.INT32, "T"),
        tensor("past_keys", TensorProto.FLOAT, "P", *cache),
        tensor("past_values", TensorProto.FLOAT, "P", *cache),
    ]
    outputs = [
        tensor("logits", TensorProto.FLOAT, VOCABULARY),
        tensor("keys", TensorProto.FLOAT, "T", *cache),
        tensor("values", TensorProto.FLOAT, "T", *cache),
    ]
    body = helper.make_graph(graph.nodes, "countersign-demo", inputs, outputs, list(graph.constants.values()))
    return helper.make_model(
        body,
        producer_name="countersign",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )


def main() -> None:
    exported = model(torch.load(sys.argv[1]))
    onnx.checker.check_model(exported, full_check=True)
    path = Path(__file__).parent / "demonstration" / "model.onnx"
    path.write_bytes(exported.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
