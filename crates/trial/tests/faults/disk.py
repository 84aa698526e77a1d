"""A model of a file system: what a running program sees, and what a power cut leaves of it.

A file's bytes are durable once `fsync` or `fdatasync` of the file came back; an entry of a folder
is durable once `fsync` of the folder came back. Everything else may be lost or survive, each change
by itself and in any order: the promise of POSIX, which is less than any file system in use keeps.
"""

import os
from dataclasses import dataclass, field


class Unknown(Exception):
    """A system call that this model does not know."""


@dataclass(eq=False)
class File:
    """Bytes as the program sees them, and as they are durable."""

    data: bytes = b""
    durable: bytes = b""
    position: int = 0
    appends: bool = False
    last: tuple = (0, 0)

    def dirty(self):
        """Whether a power cut may change it."""
        return self.data != self.durable


@dataclass(eq=False)
class Folder:
    """Entries as the program sees them, as they are durable, and the changes between the two."""

    entries: dict = field(default_factory=dict)
    durable: dict = field(default_factory=dict)
    pending: list = field(default_factory=list)

    def change(self, change):
        """Makes a change that is not durable yet: names and what they stand for, None for gone."""
        self.pending.append(change)
        apply(self.entries, change)

    def sync(self):
        """Makes all changes durable."""
        self.durable, self.pending = dict(self.entries), []


def apply(entries, change):
    """Changes entries; a rename is one change of two names."""
    for name, node in change.items():
        if node is None:
            entries.pop(name, None)
        else:
            entries[name] = node


class Disk:
    """The file system below one folder, which is there and durable."""

    def __init__(self, root):
        self.root_path = os.path.abspath(root)
        self.root = Folder()

    def replay(self, call):
        """Makes the change that a system call made. Returns whether there was one."""
        paths = [self.parts(path) for path in call.paths]
        name = call.name
        if name in ("open", "openat", "openat2", "creat"):
            return self.open(paths[0], call.flags)
        if name == "write":
            return self.write(paths[0], call.data)
        if name in ("ftruncate", "truncate"):
            return self.cut(paths[0], call.size)
        if name in ("fsync", "fdatasync"):
            return self.sync(paths[0])
        if name in ("mkdir", "mkdirat"):
            return self.link(paths[0], Folder())
        if name in ("unlink", "rmdir", "unlinkat"):
            return self.link(paths[-1], None)
        if name in ("rename", "renameat", "renameat2"):
            return self.rename(*paths[-2:])
        raise Unknown(f"the model does not know {call.text}")

    def parts(self, path):
        """A path from the root on, or None outside of it."""
        inside = os.path.relpath(path, self.root_path)
        if inside == ".":
            return []
        return None if inside.startswith("..") else inside.split(os.sep)

    def find(self, parts):
        """What a path stands for, or None."""
        node = self.root
        for part in parts or []:
            node = node.entries.get(part) if isinstance(node, Folder) else None
        return node if parts is not None else None

    def link(self, parts, node):
        self.find(parts[:-1]).change({parts[-1]: node})
        return True

    def open(self, parts, flags):
        node = self.find(parts)
        if isinstance(node, Folder):
            return False
        if node is None:
            if "O_CREAT" not in flags:
                raise Unknown(f"{'/'.join(parts)} was opened, but never made")
            node = File()
            self.link(parts, node)
            changed = True
        else:
            changed = "O_TRUNC" in flags and bool(node.data)
            if changed:
                node.data = b""
        if "O_RDONLY" not in flags:
            node.position, node.appends = 0, "O_APPEND" in flags
        return changed

    def write(self, parts, data):
        node = self.find(parts)
        if node is None:
            return False  # what was unlinked meanwhile is nobody's
        at = len(node.data) if node.appends else node.position
        before = node.data[:at] + bytes(max(0, at - len(node.data)))
        node.data = before + data + node.data[at + len(data) :]
        node.position, node.last = at + len(data), (at, len(data))
        return True

    def cut(self, parts, size):
        node = self.find(parts)
        if size == len(node.data):
            return False
        node.data = node.data[:size] + bytes(max(0, size - len(node.data)))
        return True

    def sync(self, parts):
        node = self.find(parts)
        if isinstance(node, Folder):
            node.sync()
        elif node is not None:
            node.durable = node.data
        return node is not None

    def rename(self, old, new):
        source, target = self.find(old[:-1]), self.find(new[:-1])
        node = source.entries[old[-1]]
        if source is target:
            source.change({old[-1]: None, new[-1]: node})
        else:
            source.change({old[-1]: None})
            target.change({new[-1]: node})
        return True

    def nodes(self):
        """All files and folders that a program, or the disk, can come to, with a name each."""
        found = {}

        def walk(node, path):
            if node in found:
                return
            found[node] = path
            if isinstance(node, Folder):
                changed = [item for change in node.pending for item in change.items()]
                for name, below in [*node.durable.items(), *node.entries.items(), *changed]:
                    if below is not None:
                        walk(below, f"{path}/{name}" if path else name)

        walk(self.root, "")
        return found

    def tree(self, bytes_of, entries_of):
        """Path and bytes (None for a folder) of all that is there, given what is left of each."""
        tree = {}

        def walk(folder, prefix):
            for name, node in sorted(entries_of(folder).items()):
                if isinstance(node, Folder):
                    tree[prefix + name] = None
                    walk(node, f"{prefix}{name}/")
                else:
                    tree[prefix + name] = bytes_of(node)

        walk(self.root, "")
        return tree

    def seen(self):
        """All that a program sees: what a kill leaves."""
        return self.tree(lambda file: file.data, lambda folder: folder.entries)

    def kept(self):
        """Only what is durable."""
        return self.tree(lambda file: file.durable, lambda folder: folder.durable)

    def power_cuts(self, last=None):
        """States that a cut may leave now, as pairs of a name and a tree. `last` is the file that
        the last call wrote to."""
        yield "all survives", self.seen()
        yield "nothing unsynced survives", self.kept()
        yield "names survive, bytes do not", self.tree(
            lambda file: file.durable, lambda folder: folder.entries
        )
        yield "lengths survive, bytes are zeros", self.tree(zeroed, lambda folder: folder.entries)
        yield "half of what was added survives", self.tree(halved, lambda folder: folder.entries)
        yield "bytes survive, names do not", self.tree(
            lambda file: file.data, lambda folder: folder.durable
        )
        if last is not None and last.last[1] > 1:
            yield "the last write is torn", self.tree(
                lambda file: torn(file) if file is last else file.data,
                lambda folder: folder.entries,
            )
        yield from self.single_cuts()

    def single_cuts(self):
        """States in which one file or one change of a folder is lost, or alone survives."""
        for node, name in self.nodes().items():
            if isinstance(node, File) and node.dirty():
                yield f"only the bytes of {name} are lost", self.tree(
                    lambda file, node=node: file.durable if file is node else file.data,
                    lambda folder: folder.entries,
                )
                yield f"only the bytes of {name} survive", self.tree(
                    lambda file, node=node: file.data if file is node else file.durable,
                    lambda folder: folder.durable,
                )
            if isinstance(node, Folder):
                for index, change in enumerate(node.pending):
                    what = " and ".join(sorted(change))
                    lost = [*node.pending[:index], *node.pending[index + 1 :]]
                    for words, rest, data, others in (
                        (f"only the change of {what} is lost", lost, "data", "entries"),
                        (f"only the change of {what} survives", [change], "durable", "durable"),
                        (f"what came after {what} is lost", node.pending[: index + 1],
                         "durable", "durable"),
                    ):
                        entries = changed(node.durable, rest)
                        yield f"in `{name or '.'}`, {words}", self.tree(
                            lambda file, data=data: getattr(file, data),
                            lambda folder, node=node, entries=entries, others=others: (
                                entries if folder is node else getattr(folder, others)
                            ),
                        )


def changed(durable, changes):
    """Entries after some changes."""
    entries = dict(durable)
    for change in changes:
        apply(entries, change)
    return entries


def remembered(part):
    """The same bytes get the same object, whose hash Python keeps: most files are as they were."""
    known = {}

    def of(file):
        key = (file, file.data, file.durable)
        if known.get(file, (None,))[0] != key:
            known[file] = key, part(file)
        return known[file][1]

    return of


@remembered
def zeroed(file):
    """The length got to the disk, the new bytes did not."""
    kept = file.durable[: len(file.data)]
    if file.data.startswith(kept):
        return kept + bytes(len(file.data) - len(kept))
    return bytes(len(file.data))


@remembered
def halved(file):
    """Half of what was appended, or of a file that was written anew."""
    kept = len(file.durable) if file.data.startswith(file.durable) else 0
    return file.data[: kept + (len(file.data) - kept) // 2]


def torn(file):
    """Half of the last write."""
    start, length = file.last
    return file.data[: start + length // 2]


def lay_out(tree, folder):
    """Makes the files and folders of a state."""
    for path, data in tree.items():
        if data is None:
            os.mkdir(os.path.join(folder, path))
        else:
            with open(os.path.join(folder, path), "wb") as file:
                file.write(data)


def found_in(folder):
    """The tree that really is there."""
    tree = {}
    for place, folders, files in os.walk(folder):
        for name in folders:
            tree[os.path.relpath(os.path.join(place, name), folder)] = None
        for name in files:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                tree[os.path.relpath(path, folder)] = file.read()
    return tree
