"""Proves that processes may be killed at any time.

An experiment is started again and again, and after a random time (the same ones each time) SIGKILL
goes to a trial, to the launcher, or to all of them at once; then the command is run to its end. In
each round:

* nothing that the command started is left a few seconds after the kill: a trial whose launcher died
  stops by itself;
* the last command completes with the bytes of the undisturbed run;
* no trial that had finished is run again.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import experiment
from experiment import arguments, difference, finished, recomputed, results, run

STEPS = 150
SEED = 1
# Kills of one round, before the command may end.
KILLS = 3
# A trial asks whether to stop before each step, and each takes milliseconds.
ORPHAN_SECS = 10
POLL_SECS = 0.005


def main():
    """Kills in rounds and prints what came of them."""
    args = arguments(__doc__, ("--rounds", 10, "rounds for each kind of victim"))
    draw = random.Random(SEED)
    problems, kills, missed, orphans = [], 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        folder = Path(folder)
        lab = experiment.Laboratory(folder / "workspace", (args.xtask, args.trial), STEPS)
        began = time.monotonic()
        ended = run(lab.ablation(folder / "undisturbed"))
        wall_secs = time.monotonic() - began
        if ended.code != 0:
            sys.exit(f"the experiment fails undisturbed: {ended.words}")
        expected = results(folder / "undisturbed")
        for victims in ("trial", "launcher", "both"):
            for number in range(args.rounds):
                runs = folder / f"{victims}-{number}"
                found = Round(lab, runs, victims)
                for _ in range(KILLS):
                    found.kill_after(draw.uniform(0.0, 1.2 * wall_secs / KILLS))
                found.complete(expected)
                kills, missed = kills + found.kills, missed + found.missed
                orphans += found.orphans
                problems += [f"VIOLATION {problem}\n  {victims}, round {number}"
                             for problem in found.problems]
            print(f"{victims}: {args.rounds} rounds")
    for problem in problems:
        print(problem)
    verdict = "FAILED" if problems else "passed"
    print(
        f"kills: {verdict}; {3 * args.rounds} rounds, {kills} kills ({missed} came too late), "
        f"{orphans} trials outlived their launcher and stopped by themselves, "
        f"{len(problems)} violations"
    )
    return 1 if problems else 0


class Round:
    """One store, a few kills, and a command that is left alone."""

    def __init__(self, lab, runs, victims):
        self.command, self.runs, self.victims = lab.ablation(runs), runs, victims
        self.program = str(lab.trial.resolve())
        self.kills, self.missed, self.orphans = 0, 0, 0
        self.problems = []

    def kill_after(self, secs):
        """Starts the command and kills its victims after this time."""
        before = self.finished()
        # A file, not a pipe: an orphan that held a pipe open would keep us waiting.
        with tempfile.TemporaryFile() as said:
            launcher = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                start_new_session=True,
            )
            time.sleep(secs)
            self.strike(launcher)
            try:
                code = launcher.wait(experiment.PATIENCE_SECS)
            except subprocess.TimeoutExpired:
                os.kill(launcher.pid, signal.SIGKILL)
                launcher.wait()
                self.problems.append("the launcher hangs after the kill")
                return
            said.seek(0)
            words = said.read().decode(errors="replace")
        if "panicked" in words or code == 1:
            self.problems.append(f"exit code {code} after the kill: {words[-300:]}")
        self.wait_for_orphans()
        again = recomputed(before, self.finished())
        if again:
            self.problems.append(f"a finished trial was run again: {again}")

    def strike(self, launcher):
        """SIGKILL to the victims. All of these are ours: they name our own run directory."""
        if launcher.poll() is not None:
            self.missed += 1
            return
        trials = self.trials()
        if self.victims != "trial":
            os.kill(launcher.pid, signal.SIGKILL)
            self.kills += 1
        if self.victims == "launcher":
            self.orphans += len(trials)
            return
        for pid in trials:
            try:
                os.kill(pid, signal.SIGKILL)
                self.kills += 1
            except ProcessLookupError:
                self.missed += 1
        if not trials and self.victims == "trial":
            self.missed += 1

    def wait_for_orphans(self):
        """All that was started has to end by itself."""
        deadline = time.monotonic() + ORPHAN_SECS
        left = self.trials()
        while left and time.monotonic() < deadline:
            time.sleep(POLL_SECS)
            left = self.trials()
        for pid in left:
            self.problems.append(f"trial {pid} lives {ORPHAN_SECS} s after its launcher")
            os.kill(pid, signal.SIGKILL)

    def trials(self):
        """Ids of the trials that work on our store, by the command lines of all processes."""
        found = []
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue  # it has just ended
            is_ours = any(word.startswith(f"{self.runs}/".encode()) for word in words[1:])
            if words[0] == str(self.program).encode() and is_ours and state != "Z":
                found.append(int(process.name))
        return found

    def finished(self):
        """The finished trials; none before there is a store."""
        return finished(self.runs) if self.runs.exists() else {}

    def complete(self, expected):
        """Runs the command to its end and compares."""
        before = self.finished()
        ended = run(self.command)
        if ended.code != 0:
            self.problems.append(f"the last command ends with {ended.code}: {ended.words[-300:]}")
            return
        again = recomputed(before, self.finished())
        if again:
            self.problems.append(f"a finished trial was run again: {again}")
        problem = difference(results(self.runs), expected)
        if problem:
            self.problems.append(problem)


if __name__ == "__main__":
    sys.exit(main())
