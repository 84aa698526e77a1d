"""What programs ask of the file system, recorded with strace."""

import os
import re
import shutil
import sys
from dataclasses import dataclass

# Every call that changes files or folders, or makes a change durable. Reading needs no record.
CHANGES = (
    "open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,rename,renameat,renameat2,"
    "unlink,unlinkat,mkdir,mkdirat,rmdir,truncate,ftruncate,fallocate,fsync,fdatasync,"
    "sync_file_range,link,linkat,symlink,symlinkat,copy_file_range,sendfile"
)


@dataclass
class Call:
    """One system call that succeeded, in the order in which they came back."""

    pid: int
    name: str
    paths: list
    flags: str
    data: bytes
    size: int
    text: str


def recorder(log):
    """The command under which a program is recorded in this file, with all that it starts."""
    strace = shutil.which("strace")
    if strace is None:
        sys.exit("strace is needed: apt-get install strace")
    # All strings in full and in hex, so that nothing in them looks like syntax.
    shape = ["-f", "-q", "-y", "-xx", "-s", "100000000", "-e", "signal=none"]
    return [strace, *shape, "-e", f"trace={CHANGES}", "-o", str(log)]


def read(log, below):
    """The calls in a log that concern something below this folder, or the folder itself."""
    below = os.path.abspath(below)
    waiting = {}
    calls = []
    with open(log, encoding="ascii") as lines:
        for line in lines:
            whole = joined(line.rstrip("\n"), waiting)
            call = parsed(whole) if whole else None
            if call and any(path == below or path.startswith(below + "/") for path in call.paths):
                calls.append(call)
    return calls


def joined(line, waiting):
    """The line of a call that came back, or None. A call that others interrupt has two lines."""
    pid, rest = line.split(None, 1)
    if rest.endswith("<unfinished ...>"):
        waiting[pid] = rest.removesuffix("<unfinished ...>").rstrip()
        return None
    resumed = re.match(r"<\.\.\. \w+ resumed>,? ?", rest)
    if resumed:
        head = waiting.pop(pid)
        tail = rest[resumed.end() :]
        return f"{pid} {head}{'' if tail.startswith(')') else ' '}{tail}"
    return f"{pid} {rest}" if "(" in rest else None


CALL = re.compile(r"(\d+) (\w+)\((.*)\)\s+= (\d+)(?:<([^>]*)>)?")
ARGUMENT = re.compile(r'"([^"]*)"(?:\.\.\.)?|(AT_FDCWD|\d+)<([^>]*)>|([^,\s][^,]*)')


def parsed(line):
    """The call on a line, or None if it failed."""
    found = CALL.match(line)
    if not found:
        return None
    pid, name, text, result, opened = found.groups()
    strings, handles, others = [], [], []
    for string, _, handle, other in ARGUMENT.findall(text):
        if handle:
            handles.append(unhex(handle).decode())
        elif other:
            others.append(other)
        else:
            strings.append(unhex(string))
    data = b""
    if name in ("write", "pwrite64"):
        data, paths = strings[0][: int(result)], handles
    elif strings:
        # A relative path starts at the folder before it, where there is one.
        bases = handles or [os.getcwd()]
        paths = [os.path.join(bases[min(i, len(bases) - 1)], os.fsdecode(path))
                 for i, path in enumerate(strings)]
    else:
        paths = handles
    if opened and name.startswith(("open", "creat")):
        paths = [unhex(opened).decode()]
    flags = next((other for other in others if other.startswith("O_")), "")
    if name == "creat":
        flags = "O_WRONLY|O_CREAT|O_TRUNC"
    if name == "unlinkat":
        flags = "".join(others)
    size = int(others[0]) if name in ("ftruncate", "truncate") else 0
    paths = [os.path.normpath(path) for path in paths]
    return Call(int(pid), name, paths, flags, data, size, f"{name}({', '.join(paths)})")


def unhex(text):
    """The bytes of a string that strace wrote in hex."""
    return bytes.fromhex(text.replace("\\x", ""))
