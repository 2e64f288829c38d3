"""The coroutine rules that a script can see. A line may say `NOLINT(coroutine-parameter): why` where the caller awaits at once."""
import re

from source import closing, code_only, line_of

_LAMBDA = re.compile(r"(?<![\w\])\[])\[(?P<captures>[^\[\]]*)\]\s*(?P<next>[({<]|->|mutable|noexcept)")
_TASK = re.compile(r"\bTask<")
_NAME = re.compile(r"\s*(?:[\w]+::)*(?:operator\(\)|operator\w*|~?\w+)\s*\(")
_SUSPENDS = re.compile(r"\bco_(?:await|return|yield)\b")
_DANGLES = (
    (re.compile(r"\bconst\b[^&]*&|^[\w:<>, ]+\bconst\s*&"), "a reference to const may bind to a temporary: take a value"),
    (re.compile(r"\bstring_view\b"), "a string_view of a temporary dangles: take an owner or arena text"),
    (re.compile(r"\bspan<"), "a span of a temporary dangles: take an owner"),
    (re.compile(r"&&\s*\w*$"), "an rvalue reference dangles after the first suspension: take a value"),
)
_BANNED = (
    (re.compile(r"\batomic\s*<\s*(?:std::)?shared_ptr\b"), "atomic<shared_ptr> is invisible to ThreadSanitizer"),
    (re.compile(r"\batomic_thread_fence\b"), "atomic_thread_fence is invisible to ThreadSanitizer"),
)


def check(path, text):
    code = code_only(text)
    lines = text.split("\n")
    problems = []
    for pattern, message in _BANNED:
        problems += [(line_of(code, match.start()), message) for match in pattern.finditer(code)]
    problems += _lambdas(code)
    for offset, message in _parameters(code):
        line = line_of(code, offset)
        around = lines[max(0, line - 2):line]
        if not any(re.search(r"NOLINT\(coroutine-parameter\): \w+", text) for text in around):
            problems.append((line, message))
    return sorted(problems)


def _lambda_body(code, match):
    """(start, end) of the body of the lambda whose introducer matched, or None."""
    at = match.end("captures") + 1
    end = min(len(code), at + 2000)
    while at < end:
        if code[at] in "(<":
            at = closing(code, at)
        elif code[at] == "{":
            return at, closing(code, at)
        elif code[at] in ";)}],":
            return None
        else:
            at += 2 if code.startswith("->", at) else 1
    return None


def _lambdas(code):
    found = []
    for match in _LAMBDA.finditer(code):
        body = _lambda_body(code, match)
        if body:
            found.append((match, *body))
    problems = []
    for match, start, end in found:
        if not match.group("captures").strip():
            continue
        own = code[start:end]
        for _, inner, last in found:  # a coroutine inside is judged by itself
            if start < inner and last < end:
                own = own[:inner - start] + " " * (last - inner) + own[last - start:]
        if _SUSPENDS.search(own):
            problems.append((line_of(code, match.start()),
                             "a coroutine lambda must not capture: captures die with the lambda object"))
    return problems


def _split(parameters):
    part, depth = "", 0
    for char in parameters:
        depth += (char in "<([{") - (char in ">)]}")
        if char == "," and depth == 0:
            yield part
            part = ""
        else:
            part += char
    yield part


def _parameters(code):
    for match in _TASK.finditer(code):
        name = _NAME.match(code, closing(code, match.end() - 1))
        before = code[max(code.rfind(mark, 0, match.start()) for mark in ";{}") + 1:match.start()]
        if not name or "coro_wrapper" in before or "return" in before.split():
            continue
        opening = name.end() - 1
        for parameter in _split(code[opening + 1:closing(code, opening) - 1]):
            for pattern, message in _DANGLES:
                if pattern.search(parameter.split("=")[0].strip()):
                    yield match.start(), f"coroutine parameter \"{' '.join(parameter.split())}\": {message}"
                    break
