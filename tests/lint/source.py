"""What the lints share: the files, and text without comments and strings."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

_NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'", re.S)


def files(*suffixes, folders=("src", "include")):
    """(path relative to the repository, text) of every source file there."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if "node_modules" in path.parts:  # what npm installs is not ours
                continue
            if path.suffix in suffixes and path.is_file():
                yield path.relative_to(ROOT).as_posix(), path.read_text()


def code_only(text):
    """`text` with comments and literals blanked, lines and offsets kept."""
    return _NOISE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def closing(text, start):
    """Offset behind the bracket that closes the one at `start`; len(text) if none does."""
    pairs = {"(": ")", "{": "}", "[": "]", "<": ">"}
    opening, end, depth = text[start], pairs[text[start]], 0
    for at in range(start, len(text)):
        if text[at] == opening:
            depth += 1
        elif text[at] == end and not (end == ">" and text[at - 1] == "-"):
            depth -= 1
            if depth == 0:
                return at + 1
    return len(text)
