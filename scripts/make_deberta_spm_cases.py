#!/usr/bin/env python3
"""Writes tests/data/tokenizers/sentencepiece/deberta_spm: an spm.model as DeBERTa v2's and v3's checkpoints have it, without a
piece for [MASK], made from the recorded deberta model, and what transformers' DebertaV2Tokenizer makes of it alone. Needs transformers
5.23.0, sentencepiece and protobuf; the files are committed, so tests need none."""
import json
import pathlib
import tempfile

from sentencepiece import sentencepiece_model_pb2
import transformers

TOKENIZERS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "tokenizers"
SETTINGS = {"plain": {}, "lower_punct": {"do_lower_case": True, "split_by_punct": True}, "no_prefix": {"add_prefix_space": False}}
OWN = ["a [MASK] b", "[MASK]", "a[MASK]b [CLS]", "x\n[MASK]  [SEP]", "[mask] A, b.C", ""]


def main():
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((TOKENIZERS / "sentencepiece/deberta/spiece.model").read_bytes())
    kept = [piece for piece in model.pieces if piece.piece != "[MASK]"]
    del model.pieces[:]
    model.pieces.extend(kept)
    folder = TOKENIZERS / "sentencepiece" / "deberta_spm"
    folder.mkdir(exist_ok=True)
    (folder / "spm.model").write_bytes(model.SerializeToString())
    texts = [json.loads(line) for line in (TOKENIZERS / "lines.jsonl").read_text().splitlines()][::6] + OWN
    rows = [{"text": text} for text in texts]
    rows += [{"text": "a b [MASK]", "pair": "the [MASK], x"}, {"text": "", "pair": "b"}]
    for name, settings in SETTINGS.items():
        with tempfile.TemporaryDirectory() as where:
            where = pathlib.Path(where)
            (where / "spm.model").write_bytes(model.SerializeToString())
            (where / "config.json").write_text('{"model_type": "deberta-v2"}')
            (where / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "DebertaV2Tokenizer", **settings}))
            tokenizer = transformers.AutoTokenizer.from_pretrained(where)
        assert tokenizer.mask_token_id == len(kept)
        for row in rows:
            cut = tokenizer(row["text"], row.get("pair"))
            row[name] = cut["input_ids"]
            if "pair" in row and name == "plain":
                row["segments"] = cut["token_type_ids"]
    (folder / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
