"""A sentence embedder of the BERT family as an ONNX graph without its weights.

The graph is made from the model's own configuration files alone. Its weights stay in `model.safetensors` and are
named in the graph as they are named there, so that nothing of the 90 MB is written a second time. The layers are
ONNX Runtime's fused operators (domain com.microsoft): with them a question takes 3 ms on 2 cores, with the standard
operators of ONNX 5 ms, and long texts take half the time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GRAPH_VERSION = 1  # raise it with every change of the graph: files of other versions are made again
UNUSED = "pooler."  # weights of this prefix are of BERT's next-sentence task and have no part in the graph
_STEPS = ("Transformer", "Pooling", "Normalize")
_FUSED = "com.microsoft"


def sentence_graph(folder: Path) -> bytes:
    """The serialised graph: inputs `ids` and `mask` (int64, texts x word pieces), output `vectors` (float32,
    texts x dimension, rows of length 1: the mean over the word pieces, normalised).

    Raises ValueError when the model in `folder` is not a BERT with mean pooling and normalisation, OSError when its
    configuration cannot be read.
    """
    config = _json(folder / "config.json")
    steps = _json(folder / "modules.json")
    pooling = _json(folder / steps[1]["path"] / "config.json") if len(steps) > 1 else {}
    modes = {key for key, on in pooling.items() if key.startswith("pooling_mode_") and on}
    expected = {
        "model_type": config.get("model_type") == "bert",
        "hidden_act": config.get("hidden_act") == "gelu",
        "position_embedding_type": config.get("position_embedding_type", "absolute") == "absolute",
        "modules": tuple(step["type"].rpartition(".")[2] for step in steps) == _STEPS,
        "pooling": modes == {"pooling_mode_mean_tokens"},
    }
    if other := [what for what, usual in expected.items() if not usual]:
        raise ValueError(f"the model has another {', '.join(other)} than this graph is made for")
    return _Graph(config).model()


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


class _Graph:
    def __init__(self, config: dict[str, Any]) -> None:
        from onnx import helper

        self._onnx: Any = helper
        self._width = int(config["hidden_size"])
        self._inner = int(config["intermediate_size"])
        self._heads = int(config["num_attention_heads"])
        self._layers = int(config["num_hidden_layers"])
        self._epsilon = float(config["layer_norm_eps"])
        self._rows = [int(config[key]) for key in ("vocab_size", "max_position_embeddings", "type_vocab_size")]
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self) -> bytes:
        """The whole graph, serialised."""
        from onnx import TensorProto

        make = self._onnx
        pieces = self._op("Cast", ["mask"], to=TensorProto.FLOAT)
        seen = self._op("Cast", ["mask"], to=TensorProto.INT32)
        x = self._embedded()
        for layer in range(self._layers):
            x = self._layer(x, f"encoder.layer.{layer}.", seen)
        axis = self._constant("axis_1", [1])
        weighted = self._op("Mul", [x, self._op("Unsqueeze", [pieces, self._constant("axis_2", [2])])])
        total = self._op("ReduceSum", [weighted, axis], keepdims=0)
        mean = self._op("Div", [total, self._op("ReduceSum", [pieces, axis], keepdims=1)])
        self._nodes.append(make.make_node("LpNormalization", [mean], ["vectors"], axis=-1, p=2))
        graph = make.make_graph(
            self._nodes,
            "sentence-embedder",
            [make.make_tensor_value_info(name, TensorProto.INT64, ["texts", "pieces"]) for name in ("ids", "mask")],
            [make.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", self._width])],
            self._constants,
        )
        opsets = [make.make_opsetid("", 17), make.make_opsetid(_FUSED, 1)]
        made = make.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="posterchat")
        return bytes(made.SerializeToString(deterministic=True))

    def _embedded(self) -> str:
        words, positions, types = self._rows
        width, zero = self._width, self._constant("zero", [0])
        word = self._op("Gather", [self._weight("embeddings.word_embeddings.weight", words, width), "ids"])
        place = self._weight("embeddings.position_embeddings.weight", positions, width)
        pieces = self._op("Slice", [self._op("Shape", ["ids"]), self._constant("one", [1]), self._constant("two", [2])])
        at = self._op("Slice", [place, zero, pieces, zero])
        kind = self._op("Gather", [self._weight("embeddings.token_type_embeddings.weight", types, width), zero])
        x = self._op("Add", [word, self._op("Add", [at, kind])])
        return self._op("LayerNormalization", [x, *self._norm("embeddings.LayerNorm")], axis=-1, epsilon=self._epsilon)

    def _layer(self, x: str, name: str, seen: str) -> str:
        width, inner = self._width, self._inner
        three = [self._linear(f"{name}attention.self.{part}", width, width) for part in ("query", "key", "value")]
        weight = self._op("Concat", [matrix for matrix, _ in three], axis=1)
        bias = self._op("Concat", [vector for _, vector in three], axis=0)
        read = self._op("Attention", [x, weight, bias, seen], domain=_FUSED, num_heads=self._heads)
        x = self._add_and_norm(read, x, f"{name}attention.output", width)
        matrix, vector = self._linear(f"{name}intermediate.dense", inner, width)
        y = self._op("BiasGelu", [self._op("MatMul", [x, matrix]), vector], domain=_FUSED)
        return self._add_and_norm(y, x, f"{name}output", inner)

    def _add_and_norm(self, y: str, x: str, name: str, width: int) -> str:
        matrix, vector = self._linear(f"{name}.dense", self._width, width)
        parts = [self._op("MatMul", [y, matrix]), x, *self._norm(f"{name}.LayerNorm"), vector]
        return self._op("SkipLayerNormalization", parts, domain=_FUSED, epsilon=self._epsilon)

    def _linear(self, name: str, rows: int, columns: int) -> tuple[str, str]:
        """Matrix (turned as ONNX multiplies; folded when the graph is loaded) and bias."""
        turned = self._op("Transpose", [self._weight(f"{name}.weight", rows, columns)], perm=[1, 0])
        return turned, self._weight(f"{name}.bias", rows)

    def _norm(self, name: str) -> tuple[str, str]:
        return self._weight(f"{name}.weight", self._width), self._weight(f"{name}.bias", self._width)

    def _op(self, kind: str, inputs: list[str], *, domain: str = "", **options: Any) -> str:
        name = f"{kind}_{len(self._nodes)}"
        self._nodes.append(self._onnx.make_node(kind, inputs, [name], name=name, domain=domain, **options))
        return name

    def _constant(self, name: str, values: list[int]) -> str:
        from onnx import TensorProto

        self._constants.append(self._onnx.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def _weight(self, name: str, *shape: int) -> str:
        """A tensor that is given when the graph is loaded; the graph has only its name and shape."""
        from onnx import TensorProto

        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="given-when-loaded")
        self._constants.append(tensor)
        return name
