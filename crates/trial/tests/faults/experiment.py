"""A small experiment in a workspace of its own, run by the real programs."""

import argparse
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]
NAME = "faults"

# Everything that a checkpoint has to hold (running statistics, dropout masks, moments of the
# optimizer, best weights), in two conditions that have nothing to do with each other.
EXPERIMENT = """\
schema = 1
name = "faults"
question = "Does anything get lost?"
statements = []
claim = "exploratory"
seeds = [1]
design = "one-factor-at-a-time"

[base.data]
dataset = "digits"
train-size = 400
val-fraction = 0.2
test-fraction = 0.2

[base.model.cnn]
channels = [4, 6]
kernel = 3
stride = 1
padding = "same"
norm = "batch"
activation = "relu"
pool = "max"
head = "flatten"
dense = [16]
dropout = 0.2
dropout-at = "features"

[base.optim]
algorithm = {{ adam = {{ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }} }}
lr = 0.01
weight-decay = 0.0
decay = "coupled"
decay-exempt = "bias-and-norm"
clip-norm = "off"

[base.schedule]
shape = {{ cosine = {{ final-fraction = 0.1 }} }}
warmup-steps = 0

[base.train]
budget = {{ steps = {steps} }}
batch-size = 32
loss = "cross-entropy"
eval-every = {{ steps = 5 }}
early-stopping = "off"
select = "best-val"

[[factor]]
key = "model.cnn.norm"
levels = ["batch", "none"]

[analysis]
primary-metric = "test.accuracy"
direction = "higher"
rope = 0.005
alpha = 0.05
failed-trial = "exclude-pair"
"""

# A command that takes this long hangs: a whole experiment takes a second or two.
PATIENCE_SECS = 120

# What a trial's result is made of. `results.json` is made of both trials'.
RESULT_FILES = ("summary.json", "events.jsonl", "checkpoints/selected.safetensors")


@dataclass
class Ended:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def words(self):
        """All that it said, without the frame of a report and its line breaks."""
        text = f"{self.stdout} {self.stderr}"
        return " ".join(word for word in text.split() if word not in ("│", "╰─▶", "├─▶", "×"))

    def bug(self):
        """What no fault may lead to: a panic, or an exit code that says "a bug"."""
        if self.code in (1, 101) or self.code < 0:
            return f"exit code {self.code}"
        return "a panic" if "panicked" in self.words or "a bug" in self.words else None


class Laboratory:
    """A workspace with one experiment, datasets and two programs."""

    def __init__(self, folder, programs, steps, checkpoint_secs="0"):
        self.root = Path(folder)
        self.xtask, self.trial = (Path(program).resolve() for program in programs)
        (self.root / "experiments" / NAME).mkdir(parents=True)
        text = EXPERIMENT.format(steps=steps)
        (self.root / "experiments" / NAME / "experiment.toml").write_text(text)
        (self.root / "datasets").symlink_to(REPOSITORY / "datasets")
        # The launcher leaves the pace of checkpoints to the trial; here each step has one.
        self.eager_trial = self.root / "eager-trial"
        self.eager_trial.write_text(
            '#!/bin/sh\n[ "$1" = run ] && set -- "$@" --checkpoint-secs '
            f'{checkpoint_secs}\nexec "{self.trial}" "$@"\n'
        )
        self.eager_trial.chmod(0o755)

    def command(self, runs, *words):
        """`cargo xtask` with these words, on the runs in this folder."""
        places = ["--root", str(self.root), "--runs", str(runs)]
        return [str(self.xtask), *words, *places, "--trial-binary", str(self.eager_trial)]

    def ablation(self, runs, *flags):
        """The command that runs what is missing, then answers."""
        return self.command(runs, "ablation", NAME, *flags)

    def report(self, runs):
        """The command that answers from what is there."""
        return self.command(runs, "report", NAME)

    def trial_command(self, run):
        """The trial of a run directory, without a launcher."""
        datasets = ["--datasets", str(self.root / "datasets")]
        return [str(self.trial), "run", str(run), *datasets, "--checkpoint-secs", "0"]


def run(command, under=()):
    """Runs a command to its end, perhaps under another one."""
    done = subprocess.run(
        [*map(str, under), *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE_SECS,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def run_dirs(runs):
    """The run directories, by name."""
    found = (Path(runs) / NAME).glob("*/trial.json")
    return {path.parent.name: path.parent for path in sorted(found)}


def results(runs):
    """Name and bytes of everything that must not depend on what happened on the way."""
    files = {"results.json": Path(runs) / NAME / "results.json"}
    for name, path in run_dirs(runs).items():
        files |= {f"{name}/{file}": path / file for file in RESULT_FILES}
    return {name: path.read_bytes() if path.exists() else None for name, path in files.items()}


def difference(found, expected):
    """The first file that differs, or None."""
    for name in sorted(expected.keys() | found.keys()):
        if found.get(name) is None:
            return f"{name} is missing"
        if name not in expected:
            return f"{name} is not part of the undisturbed run"
        if found[name] != expected[name]:
            return f"{name} differs"
    return None


def finished(runs):
    """Of each finished trial: sessions that it took, and when its summary was written."""
    marks = {}
    for name, path in run_dirs(runs).items():
        summary, status = path / "summary.json", path / "status.json"
        if summary.exists():
            sessions = json.loads(status.read_text())["sessions"] if status.exists() else None
            marks[name] = (sessions, summary.stat().st_mtime_ns)
    return marks


def recomputed(before, after):
    """The first finished trial that was run again, or None."""
    return next((name for name, mark in before.items() if after.get(name) != mark), None)


def wrong_values(runs, expected):
    """The first result of a report that is not that of the undisturbed run, or None.

    A trial may be missing, and with it whatever is computed from both; what is reported of a
    finished one must be true.
    """
    path = Path(runs) / NAME / "results.json"
    if not path.exists():
        return None
    truth = trials(expected["results.json"])
    for name, trial in trials(path.read_bytes()).items():
        if trial["score"] is not None and trial != truth[name]:
            return f"results.json reports another result of {name}"
    return None


def trials(text):
    """The trials of a results.json, by condition."""
    conditions = json.loads(text)["conditions"]
    return {condition["name"]: condition["trials"][0] for condition in conditions}


def arguments(description, *flags):
    """The arguments that all programs here have, and `flags` of one (name, default, help)."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    built = REPOSITORY / "target/release"
    parser.add_argument("xtask", nargs="?", type=Path, default=built / "xtask")
    parser.add_argument("trial", nargs="?", type=Path, default=built / "trial")
    for name, default, text in flags:
        if default is False:
            parser.add_argument(name, action="store_true", help=text)
        else:
            text = f"{text} (default {default})"
            parser.add_argument(name, type=type(default), default=default, help=text)
    return parser.parse_args()
