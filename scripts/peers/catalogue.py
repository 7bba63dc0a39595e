"""Which engines and models there are, and what each needs. Only the standard library is needed to read this."""
import dataclasses

# What pip installs, by the engine that needs it. All need "reference": models and expected results come from it.
PACKAGES = {
    "reference": ["torch==2.13.0", "transformers==5.23.0", "tokenizers", "safetensors", "sentencepiece", "numpy"],
    "onnxruntime": ["onnx==1.23.2", "onnxscript==0.7.2", "onnxruntime==1.32.0"],
    "openvino": ["openvino==2026.4.1"],
    "ctranslate2": ["ctranslate2==4.8.5"],
    "llama": ["llama-cpp-python==0.3.36"],
    "plots": ["matplotlib"],
}


@dataclasses.dataclass(frozen=True)
class Engine:
    packages: str  # of PACKAGES
    export: str = ""  # the kind of file it reads; see export.py
    precision: str = "float32"
    families: tuple = ()  # those it can run; all where empty
    alone: bool = True  # among those that run when none is named

    def runs(self, family):
        return not self.families or family in self.families

    def export_for(self, family, length):
        """BigBird's graph depends on the length: one file for each."""
        if not self.export or family != "big_bird":
            return self.export
        return f"{self.export}-{length}"


ENGINES = {
    # weft itself, otherwise than users have it by default; see WEFTS.
    "weft-avx2": Engine("reference", alone=False),
    "weft-int8": Engine("reference", precision="int8", alone=False),
    "weft-int8-7": Engine("reference", precision="int8", alone=False),
    "weft-avx2-int8": Engine("reference", precision="int8", alone=False),
    "weft-avx2-int8-7": Engine("reference", precision="int8", alone=False),
    "torch": Engine("reference"),
    "torch-compile": Engine("reference", alone=False),
    "torch-bf16": Engine("reference", precision="bfloat16", alone=False),
    "ort": Engine("onnxruntime", "onnx"),
    "ort-fused": Engine("onnxruntime", "onnx-fused", families=("bert", "electra")),
    "ort-int8": Engine("onnxruntime", "onnx-int8", "int8", families=("bert", "electra"), alone=False),
    "ov": Engine("openvino", "ov"),
    "ov-bf16": Engine("openvino", "ov", "bfloat16", alone=False),
    "ct2": Engine("ctranslate2", "ct2", families=("bert",)),
    "ct2-int8": Engine("ctranslate2", "ct2-int8", "int8", families=("bert",), alone=False),
    "llama": Engine("llama", "gguf-f32", families=("bert",), alone=False),
    "llama-q8": Engine("llama", "gguf-q8_0", "int8", families=("bert",), alone=False),
}


@dataclasses.dataclass(frozen=True)
class Weft:
    flags: str = ""  # what the compiler is told behind -O3 -march=native
    numeric: str = "float32"  # as --numeric has it


# Those of the engines that are weft.
WEFTS = {
    "weft": Weft(),
    "weft-avx2": Weft("-march=haswell"),
    "weft-int8": Weft(numeric="int8"),
    "weft-int8-7": Weft(numeric="int8_7"),
    "weft-avx2-int8": Weft("-march=haswell", "int8"),
    "weft-avx2-int8-7": Weft("-march=haswell", "int8_7"),
}

SHORT_WORK = ("b1s8", "b1s32", "b1s128", "b1s512", "b8s128", "R")
LONG_WORK = ("b1s1024", "b1s2048", "b1s4096")
FAMILIES = {
    "bert-base": "bert", "minilm-l6": "bert", "electra-small": "electra", "convbert-base": "convbert",
    "convbert-small": "convbert", "mobilebert-uncased": "mobilebert", "bigbird-base": "big_bird",
    "modernbert-base": "modernbert", "deberta-v3-base": "deberta-v2",
    "bert-base-4k": "bert", "bert-base-16k": "bert", "bigbird-base-16k": "big_bird",
}
LONG = ("bigbird-base", "bert-base-4k", "bert-base-16k", "bigbird-base-16k")
WORK = {name: LONG_WORK if name in LONG else SHORT_WORK for name in FAMILIES}
# Those that run when none is named.
MODELS = [name for name in FAMILIES if name not in LONG or name == "bigbird-base"]

# The largest error that counts as agreement, as a part of the largest expected value.
TOLERANCE = {"float32": 1e-4, "bfloat16": 5e-2, "int8": 5e-1}
