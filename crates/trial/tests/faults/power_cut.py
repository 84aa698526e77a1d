"""Proves that a power cut at any moment loses no finished trial and no bit of a result.

Three histories of a small experiment are recorded, call by call: an undisturbed one, one in which
both trials and then the launcher are killed and a second command goes on, and one that throws
everything away and starts anew. Each log is replayed in a model of a disk. After every call that
changes something, the states that a power cut may leave there are made: with and without what was
not synced, with torn, short and zero-filled files, with single changes lost or kept. In each
distinct state:

* what the program had made durable as finished is there;
* `report` and `runs list` work, and report nothing that the undisturbed run does not;
* `ablation` completes with the bytes of the undisturbed run,
  and no finished trial is run again.

--every and --rerun take a sample, the same each time.
"""

import os
import random
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import disk
import experiment
import system_calls
from experiment import NAME, arguments, difference, finished, recomputed, results, run, wrong_values

STEPS = 6
SEED = 1
# `report` answers, or says that nothing has been run.
REPORT_CODES = (0, 5)
# The call of each process at which it is killed: in the middle of a trial, and of the report.
KILL_AT = 26


@dataclass
class State:
    """What a power cut may leave on disk, and when."""

    tree: dict
    history: str
    call: str
    cut: str
    promised: frozenset = field(default_factory=frozenset)

    def __str__(self):
        return f"{self.history}, after {self.call}: {self.cut}"


def main():
    args = arguments(
        __doc__,
        ("--every", 1, "check one state in so many"),
        ("--rerun", 1, "run the experiment to its end in one in so many of these"),
        ("--threads", os.cpu_count() or 1, "states that are checked at a time"),
    )
    with tempfile.TemporaryDirectory(prefix="power-cut-") as folder:
        folder = Path(folder)
        lab = experiment.Laboratory(folder / "workspace", (args.xtask, args.trial), STEPS)
        states, calls, expected = recorded_states(lab, folder)
        states = list(states.values())
        print(f"{calls} calls changed something; {len(states)} distinct states on disk")
        # Shuffled, so that a sample has states of all kinds and times.
        random.Random(SEED).shuffle(states)
        states = states[:: args.every]
        check = Check(lab, folder, expected, args.rerun)
        with ThreadPoolExecutor(args.threads) as pool:
            problems = [found for found in pool.map(check, enumerate(states)) if found]
        reruns = len(range(0, len(states), args.rerun))
    for problem in sorted(problems):
        print(problem)
    verdict = "FAILED" if problems else "passed"
    print(
        f"power cut: {verdict}; {len(states)} states read, {reruns} of them run to the end, "
        f"{len(problems)} violations"
    )
    return 1 if problems else 0


def recorded_states(lab, folder):
    """The distinct states of all histories, how many calls they come from, and the results of the
    undisturbed run."""
    states, calls, expected = {}, 0, None
    # One trial at a time: the log, and with it the sample, is the same each time.
    alone = ["--jobs", "1"]
    killed = ["-e", f"inject=fsync:signal=KILL:when={KILL_AT}"]
    histories = {
        "undisturbed": [([], [], 0)],
        "killed and resumed": [(killed, [], None), ([], [], 0)],
        "thrown away": [([], [], 0), ([], ["--fresh"], 0)],
    }
    for history, sessions in histories.items():
        store = folder / history.replace(" ", "-")
        store.mkdir()
        model = disk.Disk(store)
        promised = set()
        for inject, flags, code in sessions:
            log = folder / "calls"
            command = lab.ablation(store / "runs", *alone, *flags)
            ended = run(command, [*system_calls.recorder(log), *inject])
            if code is not None and ended.code != code:
                sys.exit(f"{history}: exit code {ended.code}\n{ended.stderr}")
            for call in system_calls.read(log, store):
                if model.replay(call):
                    calls += 1
                    note_promises(promised, model, call)
                    collect(states, model, call, history, promised)
            if model.seen() != disk.found_in(store):
                sys.exit(f"{history}: the model of the disk is not what is on disk")
        if expected is None:
            expected = results(store / "runs")
        problem = difference(results(store / "runs"), expected)
        if problem:
            sys.exit(f"{history}: {problem}")
        print(f"recorded: {history}")
    return states, calls, expected


def note_promises(promised, model, call):
    """A trial is finished for good once its folder was synced with a summary in it."""
    path = Path(os.path.relpath(call.paths[-1], model.root_path))
    if call.name == "fsync" and path.parent == Path("runs", NAME):
        if f"{path}/summary.json" in model.seen():
            promised.add(f"{path}/summary.json")
    if call.name == "unlink":
        promised.discard(str(path))


def collect(states, model, call, history, promised):
    """Notes the new states that a power cut after this call may leave."""
    written = model.find(model.parts(call.paths[-1])) if call.name == "write" else None
    inside = call.text.replace(f"{model.root_path}/", "")
    for cut, tree in model.power_cuts(written):
        key = tuple(tree.items())
        if key in states:
            # Its other origins promise what they promise, too.
            states[key].promised |= promised
        else:
            states[key] = State(tree, history, inside, cut, frozenset(promised))


@dataclass
class Check:
    """Checks one state; called from several threads."""

    lab: experiment.Laboratory
    folder: Path
    expected: dict
    rerun: int

    def __call__(self, numbered):
        number, state = numbered
        place = Path(tempfile.mkdtemp(prefix="state-", dir=self.folder))
        problem = self.readable(state, place / "read")
        if problem is None and number % self.rerun == 0:
            problem = self.repeatable(state, place / "rerun")
        shutil.rmtree(place)
        return f"VIOLATION {problem}\n  {state}" if problem else None

    def readable(self, state, place):
        """What is wrong with what can be read in a state, or None."""
        lost = sorted(path for path in state.promised if path not in state.tree)
        if lost:
            return f"a finished trial is lost: {lost[0]}"
        place.mkdir()
        disk.lay_out(state.tree, place)
        runs = place / "runs"
        for command in (self.lab.report(runs), self.lab.command(runs, "runs", "list")):
            ended = run(command)
            if ended.bug() or ended.code not in REPORT_CODES:
                return f"{command[1]} ends with {ended.code}: {ended.words[-300:]}"
        return wrong_values(runs, self.expected)

    def repeatable(self, state, place):
        """What is wrong with what the next command makes of a state, or None."""
        place.mkdir()
        disk.lay_out(state.tree, place)
        runs = place / "runs"
        before = finished(runs) if runs.exists() else {}
        ended = run(self.lab.ablation(runs))
        if ended.code != 0:
            return f"the next command ends with {ended.code}: {ended.words[-300:]}"
        again = recomputed(before, finished(runs))
        if again:
            return f"a finished trial was run again: {again}"
        return difference(results(runs), self.expected)


if __name__ == "__main__":
    sys.exit(main())
