"""Builds the helpers in native/ into build/bench/, when a source is newer."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
NATIVE = ROOT / "tests/bench/native"
OUT = ROOT / "build/bench"

_FLAGS = ["-std=c++23", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wno-sign-conversion", "-Werror"]
_HELPERS = {
    "backend": (["backend.cc"], []),
    "load": (["load.cc", "load_client.cc"], ["-lssl", "-lcrypto"]),
    "floor": (["floor.cc"], ["-lssl", "-lcrypto"]),
    "count_allocations.so": (["count_allocations.cc"], ["-shared", "-fPIC", "-ldl"]),
}


def helper(name):
    """The path of a helper, built if need be."""
    sources, options = _HELPERS[name]
    target = OUT / name
    inputs = [NATIVE / source for source in sources] + list(NATIVE.glob("*.h"))
    if target.exists() and all(target.stat().st_mtime > path.stat().st_mtime for path in inputs):
        return target
    OUT.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".new")
    subprocess.run(["clang++-19", *_FLAGS, *map(str, inputs[:len(sources)]), "-o", str(fresh), *options], check=True)
    fresh.rename(target)
    return target
