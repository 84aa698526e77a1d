"""Proves that a disk that refuses a call loses nothing and is named.

Every call by which the trial or the launcher changes the run store is made to fail once, one at a
time: no space (writes, new files and folders, renames, fsync), a device error (fsync), a read-only
file system (new files and folders, renames, removals). The calls are counted in an undisturbed
recording; strace then lets the n-th of a kind fail, and all after it where the fault stays. After
each:

* the program ends in good order, and says which file or folder it was about;
* no panic, no exit code that says "a bug", no finished trial without its result;
* once there is space again, the same command completes with the bytes of the undisturbed run, and
  no finished trial is run again.

Last, a real file system of a few blocks, where mounting one is permitted.
"""

import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import experiment
import system_calls
from experiment import arguments, difference, finished, recomputed, results, run, run_dirs

STEPS = 6
SEED = 1
# What a full, a broken and a read-only disk refuse.
FAULTS = {
    "write": ("ENOSPC",),
    "openat": ("ENOSPC", "EROFS"),
    "mkdir": ("ENOSPC", "EROFS"),
    "rename": ("ENOSPC", "EROFS"),
    "ftruncate": ("EIO",),
    "fsync": ("ENOSPC", "EIO"),
    "fdatasync": ("ENOSPC", "EIO"),
    "unlink": ("EROFS",),
}
WORDS = {
    "ENOSPC": "No space left on device",
    "EROFS": "Read-only file system",
    "EIO": "Input/output error",
}
# Whether only one call fails, or that one and all of its kind after it.
LASTING = {"once": "", "from then on": "+"}
# The launcher: all is well, a refusal, or trials without a result. The trial: failed, or refused.
LAUNCHER_CODES = (0, 2, 3)
TRIAL_CODES = (0, 1, 2)
# These may fail without a word, so that it may be a later call that stops the program: removals
# cost disk and no more, and a heartbeat says who works here and is no data.
QUIET = ("unlink",)
QUIET_PATH = ".heartbeat"


@dataclass(frozen=True)
class Injection:
    """One call that fails, and how."""

    program: str
    call: str
    path: str
    number: int
    error: str
    lasts: str

    def __str__(self):
        call = f"{self.call}({self.path}) number {self.number}"
        return f"{self.program}, {call}: {self.error}, {self.lasts}"

    def under(self, log):
        """The command under which the fault happens. The number counts all calls of this kind."""
        when = f"{self.number}{LASTING[self.lasts]}"
        rule = f"inject={self.call}:error={self.error}:when={when}"
        calls = ["-e", f"trace={self.call}", "-e", rule]
        # The launcher's faults are not its children's: those run on another disk, so to speak.
        follow = ["-f"] if self.program == "trial" else []
        return [shutil.which("strace"), *follow, "-q", "-y", "-e", "signal=none", *calls, "-o", log]


def main():
    """Tries the faults and prints what came of them."""
    args = arguments(
        __doc__,
        ("--every", 1, "let one call in so many fail"),
        ("--threads", os.cpu_count() or 1, "faults that are tried at a time"),
    )
    with tempfile.TemporaryDirectory(prefix="full-disk-") as folder:
        folder = Path(folder)
        lab = experiment.Laboratory(folder / "workspace", (args.xtask, args.trial), STEPS)
        trials = Trial(lab, folder)
        launchers = Launcher(lab, folder)
        problems, count, told = [], 0, 0
        for subject in (trials, launchers):
            injections = subject.injections()
            random.Random(SEED).shuffle(injections)
            injections = injections[:: args.every]
            with ThreadPoolExecutor(args.threads) as pool:
                found = list(pool.map(subject.check, injections))
            problems += [problem for problem, _ in found if problem]
            told += sum(names for _, names in found)
            count += len(injections)
            print(f"{subject.program}: {len(injections)} faults")
        small = on_small_disk(lab, folder)
        problems += [f"VIOLATION {small}"] if small else []
    for problem in sorted(problems):
        print(problem)
    passed = "FAILED" if problems else "passed"
    print(
        f"full disk: {passed}; {count} faults, of which {told} stopped a program, "
        f"{len(problems)} violations"
    )
    return 1 if problems else 0


class Trial:
    """The trial program alone, in a run directory that a launcher made."""

    program = "trial"

    def __init__(self, lab, folder):
        self.lab, self.folder = lab, folder
        fresh = folder / "fresh"
        ended = run(lab.ablation(fresh, "--only", "condition=reference"))
        if ended.code != 0:
            sys.exit(f"the experiment fails undisturbed: {ended.words}")
        self.name, made = next(iter(run_dirs(fresh).items()))
        self.fresh = folder / "fresh-run" / self.name
        self.fresh.mkdir(parents=True)
        shutil.copy(made / "trial.json", self.fresh)
        done = self.copy("undisturbed")
        ended = run(lab.trial_command(done))
        if ended.code != 0:
            sys.exit(f"the trial fails undisturbed: {ended.words}")
        self.expected = files_of(done)

    def copy(self, place):
        """A run directory before its first session."""
        run_dir = self.folder / place / self.name
        shutil.copytree(self.fresh, run_dir)
        return run_dir

    def injections(self):
        """Every call on the run directory, in each way in which it can fail."""
        run_dir = self.copy("recorded")
        base = run_dir.parent
        return injections_of(self.program, self.lab.trial_command(run_dir), base, self.folder)

    def check(self, injection):
        """What is wrong with how a fault ends, and whether it was noticed."""
        place = Path(tempfile.mkdtemp(prefix="trial-", dir=self.folder))
        run_dir = self.copy(place / "run")
        command = self.lab.trial_command(run_dir)
        ended = run(command, injection.under(str(place / "log")))
        was_done = (run_dir / "summary.json").exists()
        mark = (run_dir / "summary.json").stat().st_mtime_ns if was_done else None
        problem = verdict(injection, ended, TRIAL_CODES, allowed=(1,))
        if problem is None and ended.code == 0 and not was_done:
            problem = "it says that it has finished, and has no summary.json"
        if problem is None:
            again = run(command)
            after = files_of(run_dir)
            if again.code != 0:
                problem = f"with space again it ends with {again.code}: {again.words[-300:]}"
            elif was_done and mark != (run_dir / "summary.json").stat().st_mtime_ns:
                problem = "it was run again although it had finished"
            else:
                problem = difference(after, self.expected)
        shutil.rmtree(place)
        return violation(problem, injection), ended.code != 0


class Launcher:
    """The launcher, whose trials run on a disk that has no faults."""

    program = "launcher"

    def __init__(self, lab, folder):
        self.lab, self.folder = lab, folder
        runs = folder / "launched" / "runs"
        ended = run(lab.ablation(runs, "--jobs", "1"))
        if ended.code != 0:
            sys.exit(f"the experiment fails undisturbed: {ended.words}")
        self.expected = results(runs)

    def injections(self):
        """Every call of the launcher's own on the store, in each way in which it can fail."""
        store = self.folder / "launcher-recorded"
        store.mkdir()
        command = self.lab.ablation(store / "runs", "--jobs", "1")
        return injections_of(self.program, command, store, self.folder)

    def check(self, injection):
        """What is wrong with how a fault ends, and whether it was noticed."""
        place = Path(tempfile.mkdtemp(prefix="launcher-", dir=self.folder))
        runs = place / "runs"
        command = self.lab.ablation(runs, "--jobs", "1")
        ended = run(command, injection.under(str(place / "log")))
        before = finished(runs) if runs.exists() else {}
        problem = verdict(injection, ended, LAUNCHER_CODES, allowed=())
        if problem is None and ended.code == 0:
            problem = difference(results(runs), self.expected)
        if problem is None:
            again = run(command)
            if again.code != 0:
                problem = f"with space again it ends with {again.code}: {again.words[-300:]}"
            elif recomputed(before, finished(runs)):
                problem = f"a finished trial was run again: {recomputed(before, finished(runs))}"
            else:
                problem = difference(results(runs), self.expected)
        shutil.rmtree(place)
        return violation(problem, injection), ended.code != 0


def injections_of(program, command, base, folder):
    """All faults of a command below a folder, from a recording of it."""
    log = folder / f"{program}-calls"
    follow = ["-f"] if program == "trial" else []
    shape = ["-q", "-y", "-xx", "-e", "signal=none", "-e", f"trace={','.join(FAULTS)}"]
    ended = run(command, [shutil.which("strace"), *follow, *shape, "-o", str(log)])
    if ended.code != 0:
        sys.exit(f"{program} fails while it is recorded: {ended.words}")
    found = []
    for call, number in numbered_calls(log, base):
        errors = FAULTS[call.name]
        if call.name == "openat" and "O_CREAT" not in call.flags:
            continue
        path = os.path.relpath(call.paths[-1], base)
        found += [
            Injection(program, call.name, path, number, error, lasts)
            for error, lasts in itertools.product(errors, LASTING)
        ]
    return found


def numbered_calls(log, below):
    """The calls that concern a folder, each with its number among all of its kind and thread:
    that is how strace counts."""
    counts = {}
    below = str(below)
    waiting = {}
    with open(log, encoding="ascii") as lines:
        for line in lines:
            # Without -f there is no process in front; all is one thread then.
            text = line.rstrip("\n")
            text = text if text[:1].isdigit() else f"0 {text}"
            whole = system_calls.joined(text, waiting)
            if not whole:
                continue
            pid, rest = whole.split(None, 1)
            key = (pid, rest.split("(")[0])
            counts[key] = counts.get(key, 0) + 1
            call = system_calls.parsed(whole)
            if call and any(path == below or path.startswith(f"{below}/") for path in call.paths):
                yield call, counts[key]


def verdict(injection, ended, codes, allowed):
    """What is wrong with how a program took a fault, or None."""
    if ended.bug() and ended.code not in allowed:
        return f"{ended.bug()}: {ended.words[-300:]}"
    if "panic" in ended.words:
        return f"a panic: {ended.words[-300:]}"
    if ended.code not in codes:
        return f"exit code {ended.code}: {ended.words[-300:]}"
    # Where each write fails from then on, the program's last words do, too.
    is_mute = injection.call == "write" and LASTING[injection.lasts]
    is_quiet = injection.call in QUIET or QUIET_PATH in injection.path
    if ended.code == 0 or is_quiet or is_mute:
        return None
    if WORDS[injection.error] not in ended.words.replace("Input/ output", "Input/output"):
        return f"it does not say why: {ended.words[-300:]}"
    if named(injection.path) not in ended.words.replace(" ", ""):
        return f"it does not say which file: {ended.words[-300:]}"
    return None


def named(path):
    """How a message has to end the name of a path: with its folder, and for a temporary file the
    name that it is to get. A message breaks its lines in paths, too, so this has no spaces."""
    # The folder that the store is made in; every message about the store has it in its path.
    *folders, name = Path(path).parts or ("runs",)
    if name.startswith(".") and name.endswith(".tmp"):
        name = name[1:].rsplit(".", 2)[0]
    return "/".join(["", *folders[-1:], name]).replace(" ", "")


def violation(problem, injection):
    """A line for the report, or None."""
    return f"VIOLATION {problem}\n  {injection}" if problem else None


def files_of(run_dir):
    """Name and bytes of a trial's result; None where it is missing."""
    paths = {name: Path(run_dir) / name for name in experiment.RESULT_FILES}
    return {name: path.read_bytes() if path.exists() else None for name, path in paths.items()}


def on_small_disk(lab, folder):
    """What is wrong after a trial on a real full file system, or None."""
    mount_point = folder / "small-disk"
    mount_point.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mount_point],
        capture_output=True, check=False,
    )
    if mounted.returncode != 0:
        print("small disk: left out, mounting is not permitted")
        return None
    try:
        trial = Trial(lab, folder / "small")
        full = mount_point / trial.name
        shutil.copytree(trial.fresh, full)
        subprocess.run(["mount", "-o", "remount,ro", mount_point], check=True)
        ended = run(lab.trial_command(full))
        if ended.code != 2 or WORDS["EROFS"] not in ended.words:
            return f"a read-only disk ends with {ended.code}: {ended.words[-300:]}"
        subprocess.run(["mount", "-o", "remount,rw", mount_point], check=True)
        ended = run(lab.trial_command(full))
        if ended.code != 1 or WORDS["ENOSPC"] not in ended.words:
            return f"a full disk ends with {ended.code}: {ended.words[-300:]}"
        subprocess.run(["mount", "-o", "remount,size=4m", mount_point], check=True)
        ended = run(lab.trial_command(full))
        if ended.code != 0:
            return f"with space again it ends with {ended.code}: {ended.words[-300:]}"
        print("small disk: read-only, then full, each named, then gone on from")
        return difference(files_of(full), trial.expected)
    finally:
        subprocess.run(["umount", mount_point], check=True)


if __name__ == "__main__":
    sys.exit(main())
