"""Proves that a clock that is wrong, or goes backwards, changes no result.

Programs here read the clock for three things only: times in TensorBoard's files, times in logs, and
who holds a lock since when. Durations come from a clock that cannot go back. So nothing may depend
on the order of file times. A half-done experiment is taken, all its files and folders get a time
(1970, before the last session, shuffled, far in the future), and the command is run to its end. Where
`faketime` is installed, the clock itself goes back by ten years between two sessions, too.
"""

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import experiment
import system_calls
from experiment import arguments, difference, finished, recomputed, results, run

STEPS = 12
SEED = 1
# The fsync at which the first session is killed: one trial is finished then, the other is not.
KILL_AT = 50
DAY_SECS = 24 * 3600
FUTURE_SECS = 4_000_000_000  # in 2096

# The other clock stays: no machine sets that one back. And rustc, which the launcher asks for its
# version where it finds one, never answers under faketime.
REAL = ("PATH=/usr/bin:/bin", "DONT_FAKE_MONOTONIC=1")
FAKE_CLOCK = ("env", *REAL, "faketime", "-f", "-10y")


def main():
    """Runs half-done experiments to their end under wrong clocks."""
    args = arguments(__doc__)
    problems, cases = [], 0
    with tempfile.TemporaryDirectory(prefix="clock-") as folder:
        folder = Path(folder)
        lab = experiment.Laboratory(folder / "workspace", (args.xtask, args.trial), STEPS)
        ended = run(lab.ablation(folder / "undisturbed"))
        if ended.code != 0:
            sys.exit(f"the experiment fails undisturbed: {ended.words}")
        expected = results(folder / "undisturbed")
        half = folder / "half"
        half_done(lab, half)
        under = {name: () for name in FILE_TIMES}
        if shutil.which("faketime"):
            under["a clock that went back"] = FAKE_CLOCK
        else:
            print("faketime is not installed: the clock itself stays as it is")
        for name, clock in under.items():
            runs = folder / name.replace(" ", "-")
            shutil.copytree(half, runs)
            set_times(runs, FILE_TIMES.get(name))
            before = finished(runs)
            ended = run(lab.ablation(runs), clock)
            problem = difference(results(runs), expected)
            if ended.code != 0:
                problem = f"it ends with {ended.code}: {ended.words[-300:]}"
            elif recomputed(before, finished(runs)):
                problem = f"a finished trial was run again: {recomputed(before, finished(runs))}"
            cases += 1
            print(f"{name}: {problem or 'nothing changed'}")
            problems += [problem] if problem else []
    verdict = "FAILED" if problems else "passed"
    print(f"clock: {verdict}; {cases} wrong clocks, {len(problems)} violations")
    return 1 if problems else 0


def half_done(lab, runs):
    """A store in which one trial is finished and one is in the middle."""
    strace = system_calls.recorder(os.devnull)
    # The first trial alone, then both: the second is killed at a checkpoint.
    run(lab.ablation(runs, "--only", "condition=reference"))
    ended = run(
        lab.ablation(runs, "--jobs", "1"),
        [*strace, "-e", f"inject=fsync:signal=KILL:when={KILL_AT}"],
    )
    done = len(finished(runs))
    checkpoints = list(runs.glob("*/*/checkpoints/step-*.safetensors"))
    if done != 1 or not checkpoints:
        sys.exit(f"the store is not half-done: {done} finished\n{ended.stderr}")


# Of the n-th file: its time in seconds since 1970, given its true one.
FILE_TIMES = {
    "the dawn of time": lambda true, draw: 0,
    "a day before": lambda true, draw: true - DAY_SECS,
    "the far future": lambda true, draw: FUTURE_SECS,
    "times without order": lambda true, draw: draw.randrange(FUTURE_SECS),
}


def set_times(runs, time_of):
    """Gives every file and folder another time."""
    if time_of is None:
        return
    draw = random.Random(SEED)
    for path in sorted(runs.rglob("*")):
        time = time_of(int(path.stat().st_mtime), draw)
        os.utime(path, (time, time))


if __name__ == "__main__":
    sys.exit(main())
