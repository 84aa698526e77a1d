"""Does TensorBoard show what events.jsonl says?

    python tensorboard_check.py RUNS/EXPERIMENT

Reads every run of the folder four ways: with event_accumulator, with event_multiplexer, and over
HTTP from a TensorBoard server with its default loader and with --load_fast=false. Each curve has
to be that of events.jsonl, point by point. The hparams page has to show the runs grouped by
condition, with their settings and their end. Needs the package `tensorboard` and nothing else.
The last line says `N passed, N failed`; the exit status is 0 if all passed.
"""

import json
import logging
import math
import os
import re
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tensorboard.backend.event_processing import event_accumulator, event_multiplexer

SERVER_SECS = 60  # longest wait for a server to start, and then to have loaded everything
KEEP_ALL = 0  # size guidance of event_accumulator: no sampling
MANY = 10_000_000  # the server's own word for it; 0 would keep nothing


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def equal(self, what, found, expected):
        if found == expected:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {what}\n  found    {brief(found)}\n  expected {brief(expected)}")


def brief(value):
    text = repr(value)
    return text if len(text) < 600 else f"{text[:300]} ... {text[-300:]}"


# What has to be there, from the run directories.


def read_runs(folder):
    """Run name to trial, curves and end of each run directory."""
    runs = {}
    for path in sorted(folder.iterdir()):
        if (path / "trial.json").is_file() and not path.name.startswith("."):
            # TensorBoard names a run after the folder of its files, from the log directory on.
            runs[f"{path.name}/tb"] = {
                "path": path,
                "trial": json.loads((path / "trial.json").read_text()),
                "curves": read_curves(path / "events.jsonl"),
                "status": read_status(path / "summary.json"),
            }
    return {name: run for name, run in runs.items() if run["curves"]}


def read_status(path):
    if not path.is_file():
        return "STATUS_RUNNING"
    done = json.loads(path.read_text())["outcome"] == "done"
    return "STATUS_SUCCESS" if done else "STATUS_FAILURE"


def read_curves(path):
    """Tag to points (step, value); a curve never goes back."""
    curves = {}
    lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
    for line in lines:
        for tag, step, value in points(json.loads(line)):
            curve = curves.setdefault(tag, [])
            if not curve or curve[-1][0] < step:
                curve.append((step, value))
    return curves


def points(event):
    if "train" in event:
        train = event["train"]
        return [(f"train/{name}", train["step"], single(train[name])) for name in ("loss", "lr")]
    if "eval" in event:
        measured = event["eval"]
        group = "train-eval" if measured["split"] == "train" else measured["split"]
        items = measured["metrics"].items()
        return [(f"{group}/{metric}", measured["step"], single(value)) for metric, value in items]
    if "state" in event:
        return []  # digests, to compare runs with: no curve
    raise ValueError(f"an event of no known kind: {event}")


def single(value):
    """The nearest 32-bit float; NaN, equal to itself, as text."""
    value = float(value)
    try:
        value = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        value = math.copysign(math.inf, value)
    return "NaN" if math.isnan(value) else value


def column_kinds(runs):
    """Setting to whether its labels are numbers in every run."""
    kinds = {}
    for run in runs.values():
        for name, label in settings(run).items():
            kinds[name] = kinds.get(name, True) and is_number(label)
    return kinds


def settings(run):
    trial = run["trial"]
    return trial["settings"] or {"condition": trial["condition"]}


def is_number(label):
    try:
        return math.isfinite(float(label))
    except ValueError:
        return False


# Reading the files with TensorBoard's own classes.


def check_files(checks, folder, runs):
    guidance = {event_accumulator.SCALARS: KEEP_ALL}
    for name, run in runs.items():
        has_files = (run["path"] / "tb").is_dir()
        checks.equal(f"accumulator {name} has a folder", has_files, True)
        if not has_files:
            continue
        one = event_accumulator.EventAccumulator(str(run["path"] / "tb"), size_guidance=guidance)
        one.Reload()
        check_curves(checks, f"accumulator {name}", run, one.Tags()["scalars"], one.Scalars)
    every = event_multiplexer.EventMultiplexer(size_guidance=guidance)
    every.AddRunsFromDirectory(str(folder))
    every.Reload()
    checks.equal("multiplexer runs", sorted(every.Runs()), sorted(runs))
    for name, run in runs.items():
        tags = every.Runs().get(name, {}).get("scalars", [])
        check_curves(
            checks, f"multiplexer {name}", run, tags, lambda tag, name=name: every.Scalars(name, tag)
        )


def check_curves(checks, what, run, tags, scalars):
    checks.equal(f"{what} tags", sorted(tags), sorted(run["curves"]))
    for tag, expected in run["curves"].items():
        if tag in tags:
            found = [(point.step, single(point.value)) for point in scalars(tag)]
            checks.equal(f"{what} {tag}", found, expected)


# Asking a server.


class Server:
    def __init__(self, folder, *arguments):
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder)]
        command += ["--host", "127.0.0.1", "--port", "0", "--reload_interval", "1"]
        command += ["--samples_per_plugin", f"scalars={MANY}", *arguments]
        self.lines = []
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        threading.Thread(target=self.read_output, daemon=True).start()
        self.root = None

    def read_output(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace"))

    def __enter__(self):
        deadline = time.monotonic() + SERVER_SECS
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"http://127\.0\.0\.1:\d+/", "".join(self.lines))
            if found:
                self.root = found.group()
                return self
            time.sleep(0.1)
        self.__exit__()
        raise SystemExit("TensorBoard did not start:\n" + "".join(self.lines))

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def get(self, path, **query):
        return self.ask(f"{path}?{urllib.parse.urlencode(query)}" if query else path, None)

    def post(self, path, body):
        return self.ask(path, json.dumps(body).encode())

    def ask(self, path, body):
        headers = {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(self.root + path, data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=SERVER_SECS) as answer:
            return json.load(answer)


def check_server(checks, folder, runs, name, *arguments):
    with Server(folder, *arguments) as server:
        expected = {run: content["curves"] for run, content in runs.items()}
        # The server loads in the background: ask until everything is there, or give up and say
        # what differs.
        deadline = time.monotonic() + SERVER_SECS
        found = shown_curves(server)
        while found != expected and time.monotonic() < deadline:
            time.sleep(0.5)
            found = shown_curves(server)
        checks.equal(f"{name} runs", sorted(found), sorted(expected))
        for run, curves in expected.items():
            shown = found.get(run, {})
            checks.equal(f"{name} {run} tags", sorted(shown), sorted(curves))
            for tag, curve in curves.items():
                checks.equal(f"{name} {run} {tag}", shown.get(tag), curve)
        check_hparams(checks, server, runs, name)


def shown_curves(server):
    """Run to tag to points. A server that is still loading may not know a tag that it lists."""
    curves = {}
    for run, tags in server.get("data/plugin/scalars/tags").items():
        for tag in tags:
            try:
                shown = server.get("data/plugin/scalars/scalars", run=run, tag=tag)
            except urllib.error.HTTPError:
                continue
            # JSON has no such numbers: they come as text, which Python's float understands.
            curve = [(step, single(value)) for _, step, value in shown]
            curves.setdefault(run, {})[tag] = curve
    return curves


def check_hparams(checks, server, runs, name):
    experiment = {"experimentName": "", "hparamsLimit": 1000, "includeMetrics": True}
    infos = server.post("data/plugin/hparams/experiment", experiment)["hparamInfos"]
    kinds = column_kinds(runs)
    types = {True: "DATA_TYPE_FLOAT64", False: "DATA_TYPE_STRING"}
    expected = {column: types[is_numeric] for column, is_numeric in kinds.items()}
    checks.equal(f"{name} columns", {info["name"]: info["type"] for info in infos}, expected)

    statuses = ["UNKNOWN", "SUCCESS", "FAILURE", "RUNNING"]
    request = {
        "experimentName": "",
        "allowedStatuses": [f"STATUS_{status}" for status in statuses],
        "colParams": [{"hparam": column, "includeInResult": True} for column in kinds],
        "startIndex": 0,
        "sliceSize": 10_000,
    }
    answer = server.post("data/plugin/hparams/session_groups", request)
    groups = {group["name"]: group for group in answer["sessionGroups"]}
    conditions = {run["trial"]["condition"] for run in runs.values()}
    checks.equal(f"{name} groups", sorted(groups), sorted(conditions))
    for condition in conditions & set(groups):
        group = groups[condition]
        members = {
            run: content
            for run, content in runs.items()
            if content["trial"]["condition"] == condition
        }
        sessions = {session["name"]: session["status"] for session in group["sessions"]}
        ends = {run: content["status"] for run, content in members.items()}
        # A session without an end has no status of its own.
        sessions = {
            run: "STATUS_RUNNING" if status == "STATUS_UNKNOWN" else status
            for run, status in sessions.items()
        }
        checks.equal(f"{name} sessions of {condition}", sessions, ends)
        labels = settings(next(iter(members.values())))
        expected = {
            column: float(label) if kinds[column] else label for column, label in labels.items()
        }
        checks.equal(f"{name} settings of {condition}", group["hparams"], expected)


def main():
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit("usage: tensorboard_check.py RUNS/EXPERIMENT")
    # Whoever runs the check may have a proxy; the server is on this machine.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    folder = Path(sys.argv[1]).resolve()
    runs = read_runs(folder)
    if not runs:
        raise SystemExit(f"no run with events in {folder}")
    # It warns of every resumed run, which is what is tested here.
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    checks = Checks()
    check_files(checks, folder, runs)
    check_server(checks, folder, runs, "default loader")
    check_server(checks, folder, runs, "--load_fast=false", "--load_fast=false")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
