#!/usr/bin/env python3
"""One engine with one model, in a process of its own: times work as it is asked to.

    python engines.py ENGINE MODEL THREADS

Reads a JSON object a line from standard input, {"work": "b1s128", "ways": ["padded"], "seconds": 1.5}, and answers each
with one: {"rows": [...]}, a row for every way, or {"failed": "a sentence"}. Before an engine is timed, its results are
compared with those that the reference recorded; each row says how far off they were."""
import json
import os
import sys
import time
import traceback

from catalogue import ENGINES, TOLERANCE
from workloads import MODELS, rectangle, rectangles


class Runner:
    """What an engine is made into: `run(ids, mask)` for int64 rectangles, `rows(result)` as [texts, length, width]."""

    def __init__(self, run, version, rows=lambda result: result):
        self.run, self.version, self.rows = run, version, rows


def build_torch(engine, directory, threads, _):
    import torch
    import transformers
    from models import implementation
    torch.set_num_threads(threads)
    family = json.loads((directory / "config.json").read_text())["model_type"]
    model = transformers.AutoModel.from_pretrained(directory, **implementation(family)).eval()
    if engine == "torch-bf16":
        model = model.bfloat16()
    if engine == "torch-compile":
        import torch._inductor.config
        torch._inductor.config.freezing = True
        model = torch.compile(model, dynamic=False)

    def run(ids, mask):
        with torch.inference_mode():
            return model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).last_hidden_state

    return Runner(run, torch.__version__, lambda result: result.float().numpy())


def build_ort(_, file, threads, __):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    names = {i.name for i in session.get_inputs()}

    def run(ids, mask):
        given = {"input_ids": ids, "attention_mask": mask}
        return session.run(None, {name: value for name, value in given.items() if name in names})[0]

    return Runner(run, onnxruntime.__version__)


def build_ov(_, file, threads, precision):
    import openvino
    options = {"INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision],
               "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(str(file), "CPU", options)
    request = compiled.create_infer_request()
    names = {i.get_any_name() for i in compiled.inputs}

    def run(ids, mask):
        given = {"input_ids": ids, "attention_mask": mask}
        request.infer({name: value for name, value in given.items() if name in names}, share_inputs=True,
                      share_outputs=True)
        return request.get_output_tensor(0).data

    return Runner(run, openvino.__version__.split("-")[0], lambda result: result.copy())


def build_ct2(_, folder, threads, precision):
    import ctranslate2
    import numpy
    encoder = ctranslate2.Encoder(str(folder), device="cpu", intra_threads=threads, inter_threads=1,
                                  compute_type=precision)

    def run(ids, mask):
        lengths = ctranslate2.StorageView.from_array(mask.sum(1).astype(numpy.int32))
        ids = ctranslate2.StorageView.from_array(ids.astype(numpy.int32))
        return encoder.forward_batch(ids, lengths).last_hidden_state

    return Runner(run, ctranslate2.__version__, numpy.array)


def build_llama(_, file, threads, __):
    import llama
    return Runner(*llama.build(file, threads))


def build(engine, model, threads, export):
    about = ENGINES[engine]
    where = MODELS / model
    if export:
        from export import file_of
        where = file_of(model, export)
    make = {"torch": build_torch, "ort": build_ort, "ov": build_ov, "ct2": build_ct2, "llama": build_llama}
    return make[engine.split("-")[0]](engine, where, threads, about.precision)


def error_of(runner, model, length):
    """The largest difference from the recorded results, as a part of the largest of them; `length`: of texts of that
    length only. None where nothing fits."""
    import numpy
    from safetensors.numpy import load_file
    recorded = load_file(MODELS / model / "expected.safetensors")
    texts = [(recorded[f"input_ids.{i}"], recorded[f"last_hidden.{i}"])
             for i in range(sum(name.startswith("input_ids.") for name in recorded))]
    texts = [(ids, rows) for ids, rows in texts if length is None or len(ids) == length]
    family = json.loads((MODELS / model / "config.json").read_text())["model_type"]
    # Convolutions and trigrams see the padding beside a text, so there a padded text has other results.
    alone = [[text] for text in texts]
    together = [texts] if family in ("bert", "electra", "modernbert", "deberta-v2") and len(texts) > 1 else []
    worst = None
    for group in alone + together:
        results = runner.rows(runner.run(*rectangle([ids for ids, _ in group])))
        for (_, wanted), found in zip(group, results):
            error = float(numpy.abs(found[:len(wanted)] - wanted).max() / numpy.abs(wanted).max())
            worst = error if worst is None or not error <= worst else worst
    return worst


def timed(runner, calls, seconds):
    """Times of at least seven runs over all calls, and about so many seconds, after runs that are not counted."""
    def once():
        begin = time.perf_counter()
        for ids, mask in calls:
            runner.run(ids, mask)
        return time.perf_counter() - begin

    if once() < 1.5:
        once(), once()
    times = []
    while len(times) < 7 or (sum(times) < seconds and len(times) < 500):
        times.append(once())
    return sorted(times)


class Process:
    def __init__(self, engine, model, threads):
        self.engine, self.model, self.threads = engine, model, threads
        self.about = ENGINES[engine]
        self.family = json.loads((MODELS / model / "config.json").read_text())["model_type"]
        self.runners = {}  # by length where it matters: BigBird's reference changes for good at a short text

    def runner(self, work, ways):
        lengths = {mask.shape[1] for way in ways for ids, mask in rectangles(work, way)}
        length = lengths.pop() if self.family == "big_bird" and len(lengths) == 1 else None
        if length not in self.runners:
            export = self.about.export_for(self.family, length)
            runner = build(self.engine, self.model, self.threads, export)
            self.runners[length] = runner, error_of(runner, self.model, length)
        return self.runners[length]

    def answer(self, request):
        runner, error = self.runner(request["work"], request["ways"])
        agrees = error is not None and error <= TOLERANCE[self.about.precision]
        rows = []
        for way in request["ways"]:
            times = timed(runner, rectangles(request["work"], way), request["seconds"])
            rows.append({"engine": self.engine, "model": self.model, "work": request["work"], "way": way,
                         "threads": self.threads, "precision": self.about.precision, "version": runner.version,
                         "median_ms": round(1e3 * times[len(times) // 2], 4), "min_ms": round(1e3 * times[0], 4),
                         "n": len(times), "error": error, "agrees": agrees})
        return {"rows": rows}


def main():
    engine, model, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    process = Process(engine, model, threads)
    for line in sys.stdin:
        try:
            answer = process.answer(json.loads(line))
        except Exception as e:
            traceback.print_exc()
            answer = {"failed": f"{type(e).__name__}: {e}".splitlines()[0][:300]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
