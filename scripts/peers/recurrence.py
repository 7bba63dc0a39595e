#!/usr/bin/env python3
"""The recurrent student beside PyTorch: embedding 768, projection 256, one layer of an LSTM of 256 units a direction, 16 pairs of 30
tokens. weft runs `weft bench`, PyTorch nn.Embedding, LayerNorm, Linear and nn.LSTM on the same shapes without padding, which all have
one length: in each of its ways (rows first, time first, under torch.compile where that works), of which the best counts. The two
take turns, so that others on the machine trouble both; times are the least of all turns.

    recurrence.py [--weft PROGRAM] [--threads N] [--turns N]

Needs torch and safetensors."""
import argparse
import json
import pathlib
import subprocess
import tempfile
import time

WIDTH, PROJECTED, UNITS, VOCABULARY, POSITIONS = 768, 256, 256, 30522, 512
TEXTS, LENGTH = 16, 30


def make_student(folder):
    """A checkpoint of random weights, as weft reads them, and the same as modules."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    tables = {"word": torch.nn.Embedding(VOCABULARY, WIDTH), "position": torch.nn.Embedding(POSITIONS, WIDTH), "token_type": torch.nn.Embedding(2, WIDTH)}
    norm, projection = torch.nn.LayerNorm(WIDTH, eps=1e-12), torch.nn.Linear(WIDTH, PROJECTED)
    lstm = torch.nn.LSTM(PROJECTED, UNITS, bidirectional=True)
    tensors = {f"embeddings.{name}_embeddings.weight": t.weight for name, t in tables.items()}
    tensors |= {"embeddings.LayerNorm.weight": norm.weight, "embeddings.LayerNorm.bias": norm.bias}
    tensors |= {"projection.weight": projection.weight, "projection.bias": projection.bias}
    tensors |= {f"lstm.{name}": value for name, value in lstm.named_parameters()}
    save_file({name: value.detach().contiguous() for name, value in tensors.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({
        "model_type": "bert_bilstm", "hidden_size": WIDTH, "projection_size": PROJECTED, "lstm_hidden_size": UNITS, "lstm_layers": 1,
        "vocab_size": VOCABULARY, "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "pooling": "max"}))
    return tables, norm, projection, lstm


def ways(tables, norm, projection, lstm):
    """PyTorch's ways to the same rows, by name: functions without arguments."""
    import torch

    ids = torch.randint(0, VOCABULARY, (TEXTS, LENGTH))
    places, segments = torch.arange(LENGTH)[None], torch.zeros_like(ids)
    rows_first = torch.nn.LSTM(PROJECTED, UNITS, bidirectional=True, batch_first=True)
    rows_first.load_state_dict(lstm.state_dict())

    def embedded(ids, places, segments):
        return projection(norm(tables["word"](ids) + tables["position"](places) + tables["token_type"](segments)))

    def by_rows():
        return rows_first(embedded(ids, places, segments))[0]

    def by_time(a=ids.T.contiguous(), b=places.T.contiguous(), c=segments.T.contiguous()):
        return lstm(embedded(a, b, c))[0]

    assert torch.allclose(by_rows(), by_time().transpose(0, 1), atol=1e-5)
    found = {"rows first": by_rows, "time first": by_time}
    try:
        compiled = torch.compile(by_time)
        compiled()
        found["compiled"] = compiled
    except Exception as e:
        print(f"torch.compile does not work here: {str(e).splitlines()[0][:100]}")
    return found


def least(run, seconds):
    """The least time of a call, of as many as fit."""
    for _ in range(5):
        run()
    took, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(took) < 7:
        begin = time.perf_counter()
        run()
        took.append(time.perf_counter() - begin)
    return min(took) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weft", default="weft")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    import torch

    torch.set_num_threads(asked.threads)
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        others = ways(*make_student(pathlib.Path(folder)))
        command = [asked.weft, "bench", folder, "--work", f"b{TEXTS}s{LENGTH}", "--threads", str(asked.threads), "--seconds", "1", "--json"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # it compiles
        times = {}
        for _ in range(asked.turns):
            said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            times.setdefault("weft", []).append(said["min_ms"])
            for name, run in others.items():
                times.setdefault(f"torch {torch.__version__}, {name}", []).append(least(run, 0.5))
    best = {name: min(all_of) for name, all_of in times.items()}
    for name, ms in best.items():
        print(f"{name:32} {ms:8.3f} ms, {ms / TEXTS:6.4f} ms a pair")
    weft = best.pop("weft")
    print(f"weft is {min(best.values()) / weft:.2f} times as fast as the best of PyTorch's ways")


if __name__ == "__main__":
    main()
