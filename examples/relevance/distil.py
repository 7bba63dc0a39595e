#!/usr/bin/env python3
"""Distils the query-title student of this folder: does this definition belong to this word?

    apt-get install wordnet-base && pip install torch transformers safetensors
    python examples/relevance/distil.py OUT

A teacher (ELECTRA's layers, begun with those of examples/classify/electra-gloss) learns from WordNet's words and
definitions: pairs as they are, and as many whose definition belongs to another word. A student (BertBiLSTM, begun with the teacher's embeddings) learns the teacher's scores of pairs,
by mean squares of the logits as in Dahlmann and Lancewicki 2021, and no label. Definitions of the test lines are in
neither's training. OUT gets teacher/ and student/ as weft reads them, test.tsv with the teacher's and the student's
scores, and metrics.json. Seed 1; texts are never padded.
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import time
from collections import defaultdict

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from transformers import AutoTokenizer, ElectraForSequenceClassification

HERE = pathlib.Path(__file__).resolve().parent
GLOSS = HERE.parent / "classify" / "electra-gloss"
UNITS, HEAD = 64, 64


def read_wordnet(folder):
    """(definition without quoted examples, words) of every synset."""
    for part in ("noun", "verb", "adj", "adv"):
        for line in open(folder / f"data.{part}", encoding="latin-1"):
            if line.startswith(" "):
                continue
            head, gloss = line.strip().split(" | ", 1)
            fields = head.split()
            words = [re.sub(r"\(.*\)", "", w).replace("_", " ") for w in fields[4:4 + 2 * int(fields[3], 16):2]]
            yield re.split(r'\s*[;:,.]\s*(?=")', gloss, maxsplit=1)[0].strip(' ;"'), words


def make_pairs(synsets, rng):
    """(word, definition, 1 or 0): every synset once as it is and once with another's definition."""
    pairs = []
    for gloss, words in synsets:
        word = rng.choice(words)
        other = rng.choice(synsets)
        while word in other[1]:
            other = rng.choice(synsets)
        pairs += [(word, gloss, 1), (word, other[0], 0)]
    return pairs


def batches(items, tokens, rng=None):
    """Batches of one exact length, so that nothing is padded."""
    by_length, made = defaultdict(list), []
    for item in items:
        by_length[len(item[0])].append(item)
    for length, group in sorted(by_length.items()):
        if rng:
            rng.shuffle(group)
        step = max(1, tokens // length)
        made += [group[i:i + step] for i in range(0, len(group), step)]
    if rng:
        rng.shuffle(made)
    return made


def columns(batch):
    return (torch.tensor([b[0] for b in batch]), torch.tensor([b[1] for b in batch]),
            torch.tensor([b[2] for b in batch], dtype=torch.float32))


class Student(nn.Module):
    """BertBiLSTM under weft's names: BERT's embedding, one recurrent layer both ways, the largest values, two layers."""

    def __init__(self, embeddings):
        super().__init__()
        self.embeddings = embeddings
        width = embeddings.word_embeddings.weight.shape[1]
        self.lstm = nn.LSTM(width, UNITS, batch_first=True, bidirectional=True)
        self.classifier = nn.ModuleDict({"dense": nn.Linear(2 * UNITS, HEAD), "out": nn.Linear(HEAD, 1)})

    def forward(self, ids, types):
        rows = self.lstm(self.embeddings(input_ids=ids, token_type_ids=types))[0].amax(1)
        return self.classifier["out"](torch.relu(self.classifier["dense"](rows)))[:, 0]


def learn(name, score, parameters, items, loss_of, rate, epochs, rng, report):
    optimiser = torch.optim.AdamW(parameters, lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    steps = epochs * len(batches(items, 4096))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda i: min((i + 1) / (0.05 * steps), max(0.0, (steps - i) / (0.95 * steps))))
    started, step, total = time.process_time(), 0, 0.0
    for epoch in range(1, epochs + 1):
        for batch in batches(items, 4096, rng):
            ids, types, wanted = columns(batch)
            loss = loss_of(score(ids, types), wanted)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            schedule.step()
            step, total = step + 1, total + loss.item()
            if step % 200 == 0:
                print(f"{name}: step {step} of {steps}, loss {total / 200:.4f}, "
                      f"{time.process_time() - started:.0f} s of processor time", flush=True)
                total = 0.0
        print(f"{name}: epoch {epoch} of {epochs}, {report():.2f} % of the test lines right", flush=True)
    return time.process_time() - started


@torch.inference_mode()
def scores(score, items):
    found = {}
    for batch in batches([(ids, types, i) for i, (ids, types, _) in enumerate(items)], 8192):
        ids, types, places = columns(batch)
        for place, value in zip(places.int().tolist(), score(ids, types).tolist()):
            found[place] = value
    return [found[i] for i in range(len(items))]


def right(values, items):
    return 100 * sum((v > 0) == (i[2] == 1) for v, i in zip(values, items)) / len(items)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--wordnet", type=pathlib.Path, default="/usr/share/wordnet")
    parser.add_argument("--teacher-epochs", type=int, default=2)
    parser.add_argument("--student-epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1, help="words drawn for each definition that the student learns from")
    parser.add_argument("--limit", type=int, default=45000, help="learn from so many definitions; 0: from all")
    parser.add_argument("--reuse-teacher", action="store_true", help="OUT/teacher is there")
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    rng = random.Random(1)
    groups = defaultdict(list)
    for synset in read_wordnet(options.wordnet):
        groups[re.sub(r"[^a-z0-9]+", " ", synset[0].lower()).strip()].append(synset)
    keys = sorted(groups)
    rng.shuffle(keys)
    test = [s for k in keys[:1000] for s in groups[k]]
    train = [s for k in keys[1000:] for s in groups[k]]
    if options.limit:
        train = train[:options.limit]
    tokenizer = AutoTokenizer.from_pretrained(GLOSS)

    def encoded(pairs):
        read = tokenizer([p[0] for p in pairs], [p[1] for p in pairs], truncation=True, max_length=128)
        return [(i, t, p[2]) for i, t, p in zip(read["input_ids"], read["token_type_ids"], pairs)]

    test_pairs = make_pairs(test, random.Random(2))
    tested = encoded(test_pairs)
    print(f"{len(train)} definitions to learn from, {len(test_pairs)} test lines", flush=True)

    metrics = {}
    begin = options.out / "teacher" if options.reuse_teacher else GLOSS
    teacher = ElectraForSequenceClassification.from_pretrained(begin, num_labels=1, problem_type="regression",
                                                               id2label={0: "relevant"}, label2id={"relevant": 0},
                                                               ignore_mismatched_sizes=True)

    def taught(ids, types):
        return teacher(input_ids=ids, token_type_ids=types).logits[:, 0]

    def report_teacher():
        teacher.eval()
        value = right(scores(taught, tested), tested)
        teacher.train()
        return value

    if not options.reuse_teacher:
        teacher.train()
        pairs = make_pairs(train, rng)
        metrics["teacher_seconds"] = learn("teacher", taught, list(teacher.parameters()), encoded(pairs),
                                           F.binary_cross_entropy_with_logits, 5e-4, options.teacher_epochs, rng,
                                           report_teacher)
        teacher.save_pretrained(options.out / "teacher")
        tokenizer.save_pretrained(options.out / "teacher")
    teacher.eval()

    pairs = encoded([p for _ in range(options.rounds) for p in make_pairs(train, rng)])
    soft = [(ids, types, value) for (ids, types, _), value in zip(pairs, scores(taught, pairs))]
    student = Student(teacher.electra.embeddings)
    for parameter in student.parameters():
        parameter.requires_grad = True

    def report_student():
        student.eval()
        value = right(scores(student, tested), tested)
        student.train()
        return value

    teacher_scores = scores(taught, tested)
    student.train()
    metrics["student_seconds"] = learn("student", student, list(student.parameters()), soft, F.mse_loss, 2e-3,
                                       options.student_epochs, rng, report_student)
    student.eval()
    folder = options.out / "student"
    folder.mkdir(parents=True, exist_ok=True)
    halves = {k: v.detach().to(torch.bfloat16) for k, v in student.state_dict().items()}
    student.load_state_dict({k: v.float() for k, v in halves.items()})  # judged as it is stored
    save_file({k: v.contiguous() for k, v in halves.items() if "position_ids" not in k and "token_type_ids" not in k},
              folder / "model.safetensors", {"format": "pt"})
    sizes = teacher.config
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["BertBiLstmForSequenceClassification"], "model_type": "bert_bilstm",
        "hidden_size": sizes.embedding_size, "lstm_hidden_size": UNITS, "lstm_layers": 1, "pooling": "max",
        "classifier_hidden_size": HEAD, "hidden_act": "relu", "layer_norm_eps": sizes.layer_norm_eps,
        "max_position_embeddings": sizes.max_position_embeddings, "type_vocab_size": sizes.type_vocab_size,
        "vocab_size": sizes.vocab_size, "pad_token_id": 0, "num_labels": 1, "id2label": {"0": "relevant"},
        "label2id": {"relevant": 0}}, indent=2) + "\n")
    for name in ("vocab.txt", "tokenizer_config.json"):
        shutil.copy(GLOSS / name, folder)
    student_scores = scores(student, tested)
    metrics |= {"test_lines": len(tested), "teacher": right(teacher_scores, tested), "student": right(student_scores, tested),
                "agree": 100 * sum((a > 0) == (b > 0) for a, b in zip(teacher_scores, student_scores)) / len(tested)}
    with open(options.out / "test.tsv", "w") as out:
        out.write("word\tdefinition\tbelongs\tteacher\tstudent\n")
        for pair, a, b in zip(test_pairs, teacher_scores, student_scores):
            out.write(f"{pair[0]}\t{pair[1]}\t{pair[2]}\t{a:.6f}\t{b:.6f}\n")
    (options.out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    print(json.dumps(metrics))


if __name__ == "__main__":
    main()
