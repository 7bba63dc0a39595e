#!/usr/bin/env python3
"""What scripts/compare_results.py says of results written here."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "compare_results.py"


def row(ms, **other):
    return {"run": "2026-01-01T00:00:00Z", "machine": "one, 2 cores", "engine": "weft", "model": "bert", "work": "b1s8", "threads": 2,
            "precision": "float32", "way": "ragged", "median_ms": ms, "agrees": True, **other}


class Comparison(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, content):
        file = pathlib.Path(self.folder.name) / name
        text = content if isinstance(content, str) else "\n".join(map(json.dumps, content)) if isinstance(content, list) else json.dumps(content)
        file.write_text(text + "\n")
        return file

    def compared(self, old, new, *options):
        done = subprocess.run([sys.executable, SCRIPT, self.write("old", old), self.write("new", new), *options], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_the_same_is_no_regression(self):
        code, said = self.compared([row(10)], [row(10.2)])
        self.assertEqual(code, 0, said)
        self.assertIn("0.980", said)
        self.assertIn("Rows compared: 1; became worse: 0.", said)

    def test_a_loss_beyond_threshold_and_spread_is_one(self):
        code, said = self.compared([row(10)], [row(11)])
        self.assertEqual(code, 1, said)
        self.assertIn("bert, b1s8, weft, 2 threads: 10 ms of time became 11 ms, 9.1% worse", said)
        self.assertEqual(self.compared([row(10)], [row(11)], "--threshold", "10")[0], 0)
        noisy = [row(ms) for ms in (9.5, 10, 10.5)]
        self.assertEqual(self.compared(noisy, [row(11)])[0], 0)  # a tenth is within 3 % and the spread
        self.assertEqual(self.compared(noisy, [row(13)])[0], 1)

    def test_fractions_count_more_than_times(self):
        code, said = self.compared([row(10, fraction_of_limit=0.9)], [row(20, fraction_of_limit=0.89)])
        self.assertEqual(code, 0, said)
        self.assertEqual(self.compared([row(10, fraction_of_limit=0.9)], [row(10, fraction_of_limit=0.8)])[0], 1)
        # Another engine's fraction follows from the operations and the peak of the same round.
        peer = {"engine": "ov", "gflop": 1}
        self.assertEqual(self.compared([row(10, peak_gflops=200, **peer)], [row(20, peak_gflops=100, **peer)])[0], 0)

    def test_the_best_call_is_judged_as_the_median_is(self):
        code, said = self.compared([row(10, min_ms=8)], [row(10, min_ms=8.1)])
        self.assertEqual(code, 0, said)
        code, said = self.compared([row(10, min_ms=8)], [row(10, min_ms=9)])
        self.assertEqual(code, 1, said)
        self.assertIn("8 ms of time in the best call became 9 ms, 11.1% worse", said)
        self.assertEqual(self.compared([row(10, min_ms=8)], [row(12, min_ms=8)])[0], 1)
        self.assertEqual(self.compared([row(10)], [row(10, min_ms=9)])[0], 0)  # one side does not know it
        # The fraction of the best call follows from that of the median: 0.6 * 10 / 8, and 0.7 * 8 / 7.6.
        code, said = self.compared([row(10, min_ms=8, fraction_of_limit=0.6)], [row(8, min_ms=7.6, fraction_of_limit=0.7)])
        self.assertEqual(code, 0, said)
        self.assertIn("0.982", said)

    def test_only_the_latest_run_and_the_fastest_way_count(self):
        old = [row(5), row(10, run="2026-01-02T00:00:00Z"), row(15, run="2026-01-02T00:00:00Z", way="padded")]
        self.assertEqual(self.compared(old, [row(10)])[0], 0)

    def test_results_that_disagree_are_said(self):
        code, said = self.compared([row(10)], [row(5, agrees=False)])
        self.assertEqual(code, 1)
        self.assertIn("no longer the reference's", said)

    def test_machines_that_differ_are_said(self):
        code, said = self.compared([row(10)], [row(10, machine="other")])
        self.assertEqual(code, 2)
        self.assertIn("different machines: one, 2 cores in", said)
        code, said = self.compared([row(10)], [row(10, machine="other")], "--across-machines")
        self.assertEqual(code, 2, said)  # times never compare
        fast, slow = row(10, fraction_of_limit=0.9), row(90, fraction_of_limit=0.6, machine="other")
        self.assertEqual(self.compared([fast], [slow], "--across-machines")[0], 1)

    def test_google_benchmark(self):
        def results(ms, of_peak):
            return {"context": {"machine": "one", "date": "2026"}, "benchmarks": [
                {"name": "linear/8", "run_name": "linear/8", "run_type": "iteration", "real_time": ms * 1e6, "time_unit": "ns", "of_peak": of_peak},
                {"name": "linear/8_mean", "run_name": "linear/8", "run_type": "aggregate", "real_time": 1, "time_unit": "ns"}]}
        self.assertEqual(self.compared(results(1, 0.9), results(2, 0.9))[0], 0)
        code, said = self.compared(results(1, 0.9), results(1, 0.7))
        self.assertEqual(code, 1)
        self.assertIn("linear/8: 0.900 of the limit became 0.700", said)

    def test_what_was_not_measured_again_is_said(self):
        code, said = self.compared([row(10), row(10, work="R")], [row(10)])
        self.assertEqual(code, 0)
        self.assertIn("not measured again: 1, the first of them bert, R", said)

    def test_files_that_cannot_be_read(self):
        for content, sentence in (("{", "line 1: wanted an object"), ("[1]\n2", "line 1: wanted an object"), ("", "no row of")):
            code, said = self.compared([row(10)], content)
            self.assertEqual(code, 2, said)
            self.assertIn(sentence, said)
        done = subprocess.run([sys.executable, SCRIPT, self.folder.name + "/none", self.folder.name + "/none"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot be read", done.stderr)


if __name__ == "__main__":
    unittest.main()
