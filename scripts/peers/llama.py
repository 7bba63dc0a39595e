"""llama.cpp through llama-cpp-python, which pip builds from source. Texts go packed into one call, without padding."""
import ctypes
import os
import pathlib
import runpy
import subprocess
import sys
import tarfile

from catalogue import PACKAGES
from workloads import HOME

TOKENS, TEXTS = 1280, 32  # the most of one call


def sources():
    """llama.cpp's own sources, which hold the converter: pip's source package, unpacked."""
    folder = HOME / "llama"
    if not list(folder.glob("llama_cpp_python-*/vendor/llama.cpp")):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
                        "--dest", folder, *PACKAGES["llama"]], check=True)
        with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
    return next(folder.glob("llama_cpp_python-*/vendor/llama.cpp"))


def convert(model, precision, to):
    where = sources()
    sys.path[:0] = [str(where / "gguf-py"), str(where)]
    from conversion.base import ModelBase, TextModel
    for reader in (TextModel, ModelBase):
        # The words are invented, so the converter cannot know their pre-tokenizer; BERT's word pieces do not use it.
        if hasattr(reader, "get_vocab_base_pre"):
            reader.get_vocab_base_pre = lambda self, tokenizer: "jina-v2-en"
    sys.argv = ["convert", str(model), "--outtype", precision, "--outfile", str(to)]
    try:
        runpy.run_path(str(where / "convert_hf_to_gguf.py"), run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"llama.cpp's converter ended with {end.code}") from end


def context_of(library, model, threads):
    options = library.llama_context_default_params()
    options.n_ctx = options.n_batch = options.n_ubatch = TOKENS
    options.n_seq_max = TEXTS
    options.n_threads = options.n_threads_batch = threads
    options.embeddings, options.pooling_type, options.attention_type = True, 0, 1  # every row; every key
    options.kv_unified = True
    if hasattr(options, "n_outputs_max"):
        options.n_outputs_max = TOKENS
    context = library.llama_init_from_model(model, options)
    if not context:
        raise RuntimeError("llama.cpp made no context")
    return context


def build(file: pathlib.Path, threads):
    """-> run(ids, mask), the version, rows(result)."""
    import llama_cpp
    import llama_cpp.llama_cpp as library
    import numpy
    silent = library.llama_log_callback(lambda *_: None)
    library.llama_log_set(silent, None)
    library.llama_backend_init()
    options = library.llama_model_default_params()
    options.n_gpu_layers = 0
    model = library.llama_model_load_from_file(os.fsencode(file), options)
    if not model:
        raise RuntimeError(f"llama.cpp did not load {file}")
    width, context = library.llama_model_n_embd(model), context_of(library, model, threads)
    batch = library.llama_batch_init(TOKENS, 0, 1)
    keep = silent, options  # what the library points into

    def run(ids, mask):
        count, lengths = 0, mask.sum(1)
        for text, length in enumerate(lengths):
            for position in range(int(length)):
                batch.token[count], batch.pos[count] = int(ids[text, position]), position
                batch.n_seq_id[count], batch.seq_id[count][0], batch.logits[count] = 1, text, 1
                count += 1
        batch.n_tokens = count
        if code := library.llama_encode(context, batch):
            raise RuntimeError(f"llama.cpp's encode returned {code}")
        rows = ctypes.cast(library.llama_get_embeddings(context), ctypes.POINTER(ctypes.c_float))
        return numpy.ctypeslib.as_array(rows, shape=(count, width)), lengths, keep

    def texts(result):
        rows, lengths, _ = result
        ends = numpy.cumsum(lengths)
        return [rows[end - length:end].copy() for end, length in zip(ends, lengths)]

    return run, llama_cpp.__version__, texts
