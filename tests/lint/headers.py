"""Headers guard themselves by #pragma once; a source file includes its own header first."""
import re

from source import ROOT, code_only

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"|^[ \t]*#[ \t]*include[ \t]*<([^>]+)>', re.M)


def check(path, text, exists=lambda path: (ROOT / path).exists()):
    if path.endswith(".h"):
        first = code_only(text).strip().split("\n", 1)[0].strip()
        return [] if first == "#pragma once" else [(1, "the first line of code must be #pragma once")]
    if not path.endswith(".cc") or path.endswith("_test.cc") or not path.startswith("src/"):
        return []
    own = path.removeprefix("src/").removesuffix(".cc") + ".h"
    if not exists("src/" + own):
        return []
    first = _INCLUDE.search(text)
    if first and (first.group(1) or first.group(2)) == own:
        return []
    return [(1, f'the first #include must be the file\'s own header, "{own}"')]
