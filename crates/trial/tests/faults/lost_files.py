"""Proves that files that vanish from a half-done trial cost time and nothing else.

A trial is killed in the middle. Every subset of the files in its `checkpoints/` is removed, and
every other file that it had written, one at a time; then the trial is run to its end, and has to
have the bytes of the undisturbed one. Where nothing can be written (a folder that is read-only to
the user), it says so, and goes on once it can.
"""

import itertools
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

import experiment
import system_calls
from experiment import RESULT_FILES, arguments, difference, run, run_dirs

STEPS = 12
KILL_AT = 40
# Written by the launcher; without it there is no trial.
NEEDED = ("trial.json",)
FAILED_CODES = (1, 2)


def main():
    """Removes files and prints what came of it."""
    args = arguments(__doc__)
    problems, cases = [], 0
    with tempfile.TemporaryDirectory(prefix="lost-files-") as folder:
        folder = Path(folder)
        lab = experiment.Laboratory(folder / "workspace", (args.xtask, args.trial), STEPS)
        ended = run(lab.ablation(folder / "undisturbed"))
        if ended.code != 0:
            sys.exit(f"the experiment fails undisturbed: {ended.words}")
        name, done = next(iter(run_dirs(folder / "undisturbed").items()))
        expected = files_of(done)
        half = folder / "half" / name
        half.mkdir(parents=True)
        shutil.copy(done / "trial.json", half)
        killed = ["-e", f"inject=fsync:signal=KILL:when={KILL_AT}"]
        run(lab.trial_command(half), [*system_calls.recorder(os.devnull), *killed])
        subsets = list(losses(half))
        for lost in subsets:
            problem = without(lab, half, folder / "case" / name, lost, expected)
            cases += 1
            if problem:
                problems.append(f"VIOLATION {problem}\n  without {', '.join(lost)}")
        print(f"{len(subsets)} sets of lost files")
        problem = read_only(lab, half, folder / "case" / name, expected)
        if problem:
            problems.append(f"VIOLATION {problem}\n  in a read-only folder")
    for problem in problems:
        print(problem)
    verdict = "FAILED" if problems else "passed"
    print(f"lost files: {verdict}; {cases} sets of files, {len(problems)} violations")
    return 1 if problems else 0


def losses(half):
    """What to remove: every subset of the checkpoints, every other file, and all of these."""
    inside = sorted(f"checkpoints/{path.name}" for path in (half / "checkpoints").iterdir())
    if "checkpoints/manifest.json" not in inside or len(inside) < 2:
        sys.exit(f"the trial was not killed in the middle: {inside}")
    for count in range(1, len(inside) + 1):
        yield from itertools.combinations(inside, count)
    files = sorted(str(path.relative_to(half)) for path in half.rglob("*") if path.is_file())
    others = [path for path in files if path not in NEEDED and path not in inside]
    for path in others:
        yield (path,)
    yield tuple(others)
    yield (*others, *inside)
    yield ("checkpoints",)
    yield ("tb",)


def without(lab, half, place, lost, expected):
    """What is wrong with a trial that goes on without these files, or None."""
    shutil.copytree(half, place)
    try:
        for path in lost:
            if (place / path).is_dir():
                shutil.rmtree(place / path)
            else:
                (place / path).unlink()
        ended = run(lab.trial_command(place))
        if ended.code != 0:
            return f"it ends with {ended.code}: {ended.words[-300:]}"
        return difference(files_of(place), expected)
    finally:
        shutil.rmtree(place)


def read_only(lab, half, place, expected):
    """What is wrong with a trial that may not write, or None."""
    if os.geteuid() == 0:
        # Root writes everywhere. full_disk.py has a file system that is read-only to all.
        print("read-only folder: left out, root may write everywhere")
        return None
    shutil.copytree(half, place)
    folders = [place, *(path for path in place.rglob("*") if path.is_dir())]
    modes = {path: path.stat().st_mode for path in folders}
    try:
        for path in folders:
            path.chmod(modes[path] & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
        ended = run(lab.trial_command(place))
        if ended.code not in FAILED_CODES or "Permission denied" not in ended.words:
            return f"it ends with {ended.code}: {ended.words[-300:]}"
        for path, mode in modes.items():
            path.chmod(mode)
        ended = run(lab.trial_command(place))
        if ended.code != 0:
            return f"it ends with {ended.code}: {ended.words[-300:]}"
        return difference(files_of(place), expected)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
        shutil.rmtree(place)


def files_of(run_dir):
    """Name and bytes of a trial's result; None where it is missing."""
    paths = {name: Path(run_dir) / name for name in RESULT_FILES}
    return {name: path.read_bytes() if path.exists() else None for name, path in paths.items()}


if __name__ == "__main__":
    sys.exit(main())
