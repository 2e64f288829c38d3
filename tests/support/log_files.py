"""A service that writes numbered lines to a log file and has it rotated, and what came of them on the other side."""
import collections
import json
import os
import pathlib
import re
import shutil

_NUMBER = re.compile(r"number (\d+) ")


class NumberedLog:
    """Appends `number N <padding>` lines to `path`, N from 0."""

    def __init__(self, path, padding=60):
        self.path = pathlib.Path(path)
        self.padding = "x" * padding
        self.count = 0
        self.rotations = 0
        self.keep = 12
        self._open()

    def _open(self):
        self.file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, lines):
        text = "".join(f"number {n} {self.padding}\n" for n in range(self.count, self.count + lines))
        os.write(self.file, text.encode())
        self.count += lines

    def rotate(self, how):
        """rename: away, then a new file. copytruncate: a copy, then cut; nothing is written in between. recreate: removed and
        made anew."""
        self.rotations += 1
        aside = self.path.with_name(f"{self.path.name}.{self.rotations}")
        if how == "copytruncate":
            shutil.copyfile(self.path, aside)
            os.truncate(self.path, 0)
        else:
            os.close(self.file)
            if how == "rename":
                os.rename(self.path, aside)
            else:
                os.unlink(self.path)
            self._open()
        old = self.path.with_name(f"{self.path.name}.{self.rotations - self.keep}")
        old.unlink(missing_ok=True)

    def close(self):
        os.close(self.file)


Outcome = collections.namedtuple("Outcome", "lost repeated torn")


def json_lines(path):
    """Every whole JSON line of the file and of those it was rotated to, oldest first; and how many lines are none."""
    path = pathlib.Path(path)
    def age(file):
        return -int(file.name.rpartition(".")[2])
    files = sorted(path.parent.glob(path.name + ".[0-9]*"), key=age) + ([path] if path.exists() else [])
    records, torn = [], 0
    for file in files:
        for line in file.read_bytes().split(b"\n")[:-1]:
            try:
                records.append(json.loads(line))
            except ValueError:
                torn += bool(line)
    return records, torn


def numbers_of(records):
    """How often each number came."""
    seen = collections.Counter()
    for record in records:
        found = _NUMBER.match(record.get("msg", ""))
        if found:
            seen[int(found.group(1))] += 1
    return seen


def outcome(path, count):
    """What became of lines 0 to count-1."""
    records, torn = json_lines(path)
    seen = numbers_of(records)
    lost = sum(1 for n in range(count) if n not in seen)
    return Outcome(lost, sum(times - 1 for times in seen.values()), torn)
