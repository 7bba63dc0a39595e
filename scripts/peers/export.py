#!/usr/bin/env python3
"""Converts a model for the engines that read files of their own.

    python export.py MODEL KIND

KIND: onnx (any batch and length), onnx-fused (the operators that ONNX Runtime has for BERT), onnx-int8 (that,
quantised), ov (OpenVINO), ct2, ct2-int8 (CTranslate2), gguf-f32, gguf-q8_0 (llama.cpp); onnx-LENGTH and ov-LENGTH: a
graph for one text of that length, for BigBird. The results are checked when an engine runs them, not here."""
import json
import os
import pathlib
import re
import shutil
import sys
import warnings

from models import implementation
from workloads import EXPORTS, MODELS

warnings.filterwarnings("ignore")


def file_of(model, kind):
    """What an engine opens; None where a kind is not one file."""
    name = {"onnx": "model.onnx", "ov": "model.xml", "gguf": "model.gguf", "ct2": ""}[kind.split("-")[0]]
    return EXPORTS / model / kind / name


def configuration(model):
    return json.loads((MODELS / model / "config.json").read_text())


def traced(model, attention):
    """The reference as a function of ids and mask that returns the hidden states, and example inputs."""
    import torch
    import transformers

    arguments = implementation(configuration(model)["model_type"]) and {"attn_implementation": attention}
    body = transformers.AutoModel.from_pretrained(MODELS / model, **arguments).eval()

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = body

        def forward(self, input_ids, attention_mask):
            return self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    return Hidden().eval()


def examples(texts, length):
    import torch
    ids = torch.randint(1000, 30000, (texts, length), generator=torch.Generator().manual_seed(1))
    mask = torch.ones(texts, length, dtype=torch.long)
    if texts > 1:
        mask[1, length * 2 // 3:] = 0
    return ids, mask


def write_onnx(model, to):
    import torch
    longest = configuration(model)["max_position_embeddings"]
    axes = {0: torch.export.Dim("texts", min=1, max=512), 1: torch.export.Dim("length", min=2, max=longest)}
    with torch.no_grad():
        torch.onnx.export(traced(model, "eager"), examples(2, 48), to / "model.onnx", dynamo=True, external_data=True,
                          input_names=["input_ids", "attention_mask"], output_names=["hidden"],
                          dynamic_shapes=(axes, axes))


def write_onnx_by_tracing(model, to, length=None):
    """By the older exporter: of its graphs the fusion finds attention, and BigBird passes it."""
    import torch
    names = ["input_ids", "attention_mask", "hidden"]
    axes = {} if length else {"dynamic_axes": {name: {0: "texts", 1: "length"} for name in names}}
    with torch.inference_mode():
        torch.onnx.export(traced(model, "eager"), examples(1, length) if length else examples(2, 48),
                          str(to / "model.onnx"), dynamo=False, opset_version=17, do_constant_folding=True,
                          input_names=names[:2], output_names=names[2:], **axes)


def write_onnx_fused(model, to):
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions
    config = configuration(model)
    traced_graph = to / "traced"
    traced_graph.mkdir()
    write_onnx_by_tracing(model, traced_graph)
    fused = optimizer.optimize_model(str(traced_graph / "model.onnx"), model_type="bert", opt_level=0, use_gpu=False,
                                     num_heads=config["num_attention_heads"], hidden_size=config["hidden_size"],
                                     optimization_options=FusionOptions("bert"))
    fused.save_model_to_file(str(to / "model.onnx"), use_external_data_format=False)
    shutil.rmtree(traced_graph)


def write_onnx_int8(model, to):
    from onnxruntime.quantization import QuantType, quantize_dynamic
    quantize_dynamic(ensure(model, "onnx-fused"), to / "model.onnx", weight_type=QuantType.QInt8, per_channel=True,
                     extra_options={"DefaultTensorType": 1})


def write_ov(model, to):
    import openvino
    ids, mask = examples(2, 48)
    anything = [-1, -1], openvino.Type.i64
    graph = openvino.convert_model(traced(model, "sdpa"), example_input={"input_ids": ids, "attention_mask": mask},
                                   input=[("input_ids", *anything), ("attention_mask", *anything)])
    openvino.save_model(graph, to / "model.xml", compress_to_fp16=False)


def write_ov_from_onnx(model, to, length):
    import openvino
    graph = openvino.convert_model(ensure(model, f"onnx-{length}"))
    openvino.save_model(graph, to / "model.xml", compress_to_fp16=False)


def write_ct2(model, to, quantization):
    from ctranslate2.converters import TransformersConverter
    from transformers import BertConfig
    BertConfig.position_embedding_type = "absolute"  # the converter asks for it, transformers 5 has it no more
    TransformersConverter(str(MODELS / model)).convert(str(to), quantization=quantization, force=True)


def write(model, kind, to):
    if number := re.fullmatch(r"(onnx|ov)-(\d+)", kind):
        make = write_onnx_by_tracing if number[1] == "onnx" else write_ov_from_onnx
        make(model, to, int(number[2]))
    elif kind.startswith("gguf-"):
        import llama
        llama.convert(MODELS / model, kind.removeprefix("gguf-"), to / "model.gguf")
    elif kind.startswith("ct2"):
        write_ct2(model, to, {"ct2": "float32", "ct2-int8": "int8"}[kind])
    else:
        {"onnx": write_onnx, "onnx-fused": write_onnx_fused, "onnx-int8": write_onnx_int8, "ov": write_ov}[kind](
            model, to)


def ensure(model, kind):
    """The export, made when it is not there; it is there wholly or not at all."""
    folder = EXPORTS / model / kind
    if not folder.exists():
        part = pathlib.Path(f"{folder}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        write(model, kind, part)
        os.replace(part, folder)
    return file_of(model, kind)


if __name__ == "__main__":
    print(ensure(*sys.argv[1:]))
