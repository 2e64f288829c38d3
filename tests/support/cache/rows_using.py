"""Parts, invalidation, directives of requests, targeted fields, stale answers: RFC 9111 sections 3.4, 4.2.4, 4.4 and 5.2.1, RFC 9110
section 14, RFC 5861, RFC 9211 and RFC 9213."""
from .origin import date
from .rows import FRESH, Row, answer, refetch, reuse, step, validate

_BODY = b"0123456789"
_TAG = 'ETag: "a"'
_LONG_AGO = f"Last-Modified: {date(-5000)}"


def _range(name, asked, status, body=None, **has):
    fields = {key.replace("_", "-"): value for key, value in has.items()}
    return reuse("RFC 9110 14", name, FRESH, _TAG, "Content-Type: text/plain", body=_BODY, again=[f"Range: {asked}"],
                 checks={"status": status, "body": body, "has": fields})


_RANGES = [
    _range("first bytes", "bytes=0-3", 206, b"0123", Content_Range="^bytes 0-3/10$", Content_Length="^4$"),
    _range("from an offset to the end", "bytes=7-", 206, b"789", Content_Range="^bytes 7-9/10$"),
    _range("the last bytes", "bytes=-2", 206, b"89", Content_Range="^bytes 8-9/10$"),
    _range("more last bytes than there are", "bytes=-99", 206, _BODY, Content_Range="^bytes 0-9/10$"),
    _range("beyond the end", "bytes=5-99", 206, b"56789", Content_Range="^bytes 5-9/10$"),
    _range("one byte", "bytes=0-0", 206, b"0"),
    _range("the unit has no case", "BYTES=0-0", 206, b"0"),
    _range("wholly beyond the end", "bytes=10-", 416, b"", Content_Range=r"^bytes \*/10$"),
    _range("no last bytes", "bytes=-0", 416, b"", Content_Range=r"^bytes \*/10$"),
    _range("backwards is passed over", "bytes=5-2", 200, _BODY),
    _range("another unit is passed over", "lines=0-1", 200, _BODY),
    _range("no unit is passed over", "0-1", 200, _BODY),
    _range("no number is passed over", "bytes=a-b", 200, _BODY),
    _range("an empty list is passed over", "bytes=", 200, _BODY),
    _range("a huge number", "bytes=0-99999999999999999999999", 206, _BODY),
    _range("two ranges", "bytes=0-1,8-9", 206, None, Content_Type="^multipart/byteranges; boundary="),
    _range("two ranges, one beyond the end", "bytes=0-1,20-30", 206, b"01", Content_Range="^bytes 0-1/10$"),
    _range("overlapping ranges that are more than the whole", "bytes=0-9,0-9", 200, _BODY),
    _range("very many ranges", "bytes=" + ",".join(["0-0"] * 20), 200, _BODY),
    reuse("RFC 9110 13.1.5", "If-Range: the same tag", FRESH, _TAG, body=_BODY, again=["Range: bytes=0-1", 'If-Range: "a"'],
          checks={"status": 206, "body": b"01"}),
    reuse("RFC 9110 13.1.5", "If-Range: another tag", FRESH, _TAG, body=_BODY, again=["Range: bytes=0-1", 'If-Range: "b"'],
          checks={"status": 200, "body": _BODY}),
    reuse("RFC 9110 13.1.5", "If-Range: a weak tag never matches", FRESH, 'ETag: W/"a"', body=_BODY,
          again=["Range: bytes=0-1", 'If-Range: W/"a"'], checks={"status": 200, "body": _BODY}),
    reuse("RFC 9110 13.1.5", "If-Range: the date", FRESH, _LONG_AGO, body=_BODY,
          again=["Range: bytes=0-1", "If-Range: " + _LONG_AGO.split(": ")[1]], checks={"status": 206, "body": b"01"}),
    reuse("RFC 9110 13.1.5", "If-Range: another date", FRESH, _LONG_AGO, body=_BODY,
          again=["Range: bytes=0-1", f"If-Range: {date(-10)}"], checks={"status": 200, "body": _BODY}),
    reuse("RFC 9110 13.2.2", "If-None-Match goes before Range", FRESH, _TAG, body=_BODY,
          again=["Range: bytes=0-1", 'If-None-Match: "a"'], checks={"status": 304}),
    reuse("RFC 9110 14.2", "Range is not for a 404", FRESH, status=404, body=_BODY, again=["Range: bytes=0-1"],
          checks={"status": 404, "body": _BODY}),
    Row("RFC 9110 14.2", "Range is not for HEAD", [answer(FRESH, body=_BODY)],
        [step("fetch"), step("hit", "Range: bytes=0-1", method="HEAD", status=200, has={"Content-Length": "^10$"})]),
    Row("3.4", "a Range for what is not stored fetches all, stores it and gives the part", [answer(FRESH, body=_BODY)],
        [step("fetch", "Range: bytes=2-3", status=206, body=b"23", unseen=["Range"]), step("hit", status=200, body=_BODY)]),
    Row("3.4", "parts of an answer of unknown length", [answer(FRESH, body=_BODY, chunked=True)],
        [step("fetch"), step("hit", "Range: bytes=2-3", status=206, body=b"23")]),
]


def _unsafe(name, method, status, ends, fields=(), section="4.4", content=b"x"):
    """Does a request with the method end what is stored for its URL?"""
    after = step("fetch", body=b"answer 3") if ends else step("hit", body=b"answer 1")
    return Row(section, name, [answer(FRESH), answer(*fields, status=status), answer(FRESH)],
               [step("fetch"), step("fetch", method=method, content=content, status=status), after])


_INVALIDATION = [
    *[_unsafe(f"{method} with {status}", method, status, True)
      for method in ("POST", "PUT", "DELETE", "PATCH", "FROB") for status in (200, 201, 204, 302)],
    *[_unsafe(f"{method} with {status} changed nothing", method, status, False)
      for method in ("POST", "PUT", "DELETE") for status in (400, 404, 500, 503)],
    _unsafe("OPTIONS is safe", "OPTIONS", 200, False, content=b""),
    _unsafe("a POST with a precondition", "POST", 200, True),
    Row("4.4", "every variant ends", [answer(FRESH, "Vary: X-A"), answer(FRESH, "Vary: X-A"), answer(), answer(FRESH)],
        [step("fetch", "X-A: 1"), step("fetch", "X-A: 2"), step("fetch", method="POST", content=b"x"), step("fetch", "X-A: 1"),
         ]),
    Row("4.4", "another query stays", [answer(FRESH), answer(), answer(FRESH)],
        [step("fetch", query="?a"), step("fetch", query="?b", method="POST", content=b"x"), step("hit", query="?a", body=b"answer 1")]),
]


def _ask(name, directive, fields, expect, section, config="plain", **more):
    make = {"hit": reuse, "fetch": refetch, "valid": validate}[expect]
    return make(section, name, *fields, again=[directive], config=config, **more)


_REQUESTS = [
    _ask("no-cache: validated", "Cache-Control: no-cache", (FRESH, _TAG), "valid", "5.2.1.4"),
    _ask("no-cache without a validator: fetched", "Cache-Control: no-cache", (FRESH,), "fetch", "5.2.1.4"),
    _ask("Pragma: no-cache", "Pragma: no-cache", (FRESH, _TAG), "valid", "5.4"),
    reuse("5.4", "Pragma does not count beside Cache-Control", FRESH, again=["Pragma: no-cache", "Cache-Control: max-age=99"]),
    _ask("max-age=0: validated", "Cache-Control: max-age=0", (FRESH, _TAG, "Age: 2"), "valid", "5.2.1.1"),
    _ask("max-age below the age", "Cache-Control: max-age=10", (FRESH, "Age: 20", _TAG), "valid", "5.2.1.1"),
    _ask("max-age above the age", "Cache-Control: max-age=500", (FRESH, "Age: 20"), "hit", "5.2.1.1"),
    _ask("min-fresh that is left", "Cache-Control: min-fresh=100", (FRESH,), "hit", "5.2.1.3"),
    _ask("min-fresh that is not left", "Cache-Control: min-fresh=2000", (FRESH, _TAG), "valid", "5.2.1.3"),
    _ask("max-stale takes a stale answer", "Cache-Control: max-stale=100", ("Cache-Control: max-age=10", "Age: 20", _TAG), "hit",
         "5.2.1.2", checks={"has": {"Age": "^2[0-9]$"}}),
    _ask("max-stale without a number takes any", "Cache-Control: max-stale", ("Cache-Control: max-age=10", "Age: 9999", _TAG), "hit",
         "5.2.1.2"),
    _ask("max-stale that is exceeded", "Cache-Control: max-stale=5", ("Cache-Control: max-age=10", "Age: 50", _TAG), "valid",
         "5.2.1.2"),
    *[_ask(f"max-stale is not against {directive}", "Cache-Control: max-stale=100",
           (f"Cache-Control: max-age=10, {directive}", "Age: 20", _TAG), "valid", "5.2.2.2")
      for directive in ("must-revalidate", "proxy-revalidate", "s-maxage=10", "no-cache")],
    _ask("no-store: neither given nor stored", "Cache-Control: no-store", (FRESH,), "fetch", "5.2.1.5"),
    Row("5.2.1.5", "no-store of the first request", [answer(FRESH)],
        [step("fetch", "Cache-Control: no-store"), step("fetch"), step("hit", body=b"answer 2")]),
    _ask("only-if-cached: it is", "Cache-Control: only-if-cached", (FRESH,), "hit", "5.2.1.7"),
    Row("5.2.1.7", "only-if-cached: it is not", [answer(FRESH)], [step("hit", "Cache-Control: only-if-cached", status=504)]),
    Row("5.2.1.7", "only-if-cached: stale is not", [answer("Cache-Control: max-age=10", "Age: 20", _TAG)],
        [step("fetch"), step("hit", "Cache-Control: only-if-cached", status=504, body=None)]),
    _ask("an unknown directive", "Cache-Control: please", (FRESH,), "hit", "5.2.3"),
    *[_ask(f"{directive} where the operator does not heed them", directive, (FRESH,), "hit", "5.2.1", config="deaf")
      for directive in ("Cache-Control: no-cache", "Cache-Control: max-age=0", "Pragma: no-cache", "Cache-Control: no-store",
                        "Cache-Control: min-fresh=9999")],
]


def _target(name, value, expect, *others):
    make = {"hit": reuse, "fetch": refetch, "valid": validate}[expect]
    return make("RFC 9213 2.1", name, f"CDN-Cache-Control: {value}", *others)


_TARGETED = [
    _target("a lifetime of its own", "max-age=1000", "hit"),
    _target("before Cache-Control", "max-age=1000", "hit", "Cache-Control: max-age=0"),
    _target("before no-store", "max-age=1000", "hit", "Cache-Control: no-store"),
    _target("before Expires", "max-age=1000", "hit", f"Expires: {date(-10)}"),
    _target("no-store before a lifetime", "no-store", "fetch", FRESH),
    _target("max-age=0 before a lifetime", "max-age=0", "fetch", FRESH),
    _target("private", "private", "fetch", FRESH),
    _target("no-cache", "no-cache, max-age=1000", "valid", FRESH, _TAG),
    _target("Expires counts no more", "ext", "fetch", f"Expires: {date(1000)}"),
    _target("parameters are passed over", "max-age=1000;a=1", "hit", "Cache-Control: no-store"),
    _target("an empty one does not count", "", "hit", FRESH),
    _target("one that is not well-formed does not count", "max-age=1000, ", "hit", FRESH),
    _target("a key in capitals is not well-formed", "Max-Age=0", "hit", FRESH),
    _target("a stray semicolon is not well-formed", "max-age=0;;", "hit", FRESH),
    _target("a string is no lifetime", 'max-age="1000"', "fetch", FRESH),
    _target("a decimal is no lifetime", "max-age=1000.0", "fetch", FRESH),
    _target("a boolean is no lifetime", "max-age", "fetch", FRESH),
    _target("the last of two counts", "max-age=0, ext=(a b);q, s=:YQ==:, t=?0", "fetch", FRESH),
    reuse("RFC 9213 2.1", "two lines are one dictionary", "CDN-Cache-Control: ext", "CDN-Cache-Control: max-age=1000"),
]

_OLD = ("Age: 20", _TAG)


def _error(name, directives, status, expect, config="plain", first=(), again=()):
    """A stale answer, then an error of the service."""
    steps = [step("fetch", *first)]
    if expect == "stale":
        steps.append(step("fetch", *again, status=200, body=b"answer 1", has={"Cache-Status": "hit;.*stale-if-error"}))
    else:
        steps.append(step("fetch", *again, status=status))
    return Row("RFC 5861 4", name, [answer(f"Cache-Control: {directives}", *_OLD), answer(status=status)], steps, config)


_STALE = [
    *[_error(f"stale-if-error for a {status}", "max-age=10, stale-if-error=100", status, "stale") for status in (500, 502, 503, 504)],
    *[_error(f"stale-if-error not for a {status}", "max-age=10, stale-if-error=100", status, "error") for status in (404, 403, 501)],
    _error("stale-if-error that is exceeded", "max-age=10, stale-if-error=5", 503, "error"),
    _error("stale_if_error of the operator", "max-age=10", 503, "stale", config="stale"),
    _error("stale_if_error is not against the service", "max-age=10, stale-if-error=0", 503, "error", config="stale"),
    *[_error(f"stale_if_error is not against {directive}", f"max-age=10, {directive}", 503, "error", config="stale")
      for directive in ("must-revalidate", "proxy-revalidate", "s-maxage=10")],
    _error("stale-if-error of the request", "max-age=10", 503, "stale", again=["Cache-Control: stale-if-error=100"]),
    Row("RFC 5861 4", "an error with a lifetime does not push out what may stand in", [
        answer("Cache-Control: max-age=10, stale-if-error=1000", *_OLD), answer(FRESH, status=503)],
        [step("fetch"), step("fetch", status=200, body=b"answer 1"), step("any", status=200, body=b"answer 1")]),
    Row("RFC 5861 3", "stale-while-revalidate gives the stale one", [
        answer("Cache-Control: max-age=10, stale-while-revalidate=100", *_OLD)],
        [step("fetch"), step("any", status=200, body=b"answer 1", has={"Cache-Status": "stale-while-revalidate"})]),
    validate("RFC 5861 3", "stale-while-revalidate that is exceeded", "Cache-Control: max-age=10, stale-while-revalidate=5", *_OLD),
    Row("RFC 5861 3", "stale_while_revalidate of the operator", [answer("Cache-Control: max-age=10", *_OLD)],
        [step("fetch"), step("any", status=200, body=b"answer 1", has={"Cache-Status": "stale-while-revalidate"})], "behind"),
    *[validate("RFC 5861 3", f"stale_while_revalidate is not against {directive}", f"Cache-Control: max-age=10, {directive}", *_OLD,
               config="behind") for directive in ("must-revalidate", "no-cache", "s-maxage=10")],
]

_STATUS = [
    Row("RFC 9211 2", "a miss that is stored, a hit with what is left of its life", [answer(FRESH)],
        [step("fetch", has={"Cache-Status": "^outrigger; fwd=uri-miss; fwd-status=200; stored$"}),
         step("hit", has={"Cache-Status": r"^outrigger; hit; ttl=(1000|99[0-9])$"})]),
    Row("RFC 9211 2", "a miss that is not stored says why", [answer("Cache-Control: no-store")],
        [step("fetch", has={"Cache-Status": 'fwd=uri-miss; fwd-status=200; detail="the service said no-store"$'})]),
    Row("RFC 9211 2", "a validation", [answer("Cache-Control: max-age=10", "Age: 20", _TAG, validates=True)],
        [step("fetch"), step("valid", has={"Cache-Status": "fwd=stale; fwd-status=304; stored$"})]),
    Row("RFC 9211 2", "another method", [answer()], [step("fetch", method="POST", content=b"x", has={"Cache-Status": "fwd=method"})]),
    Row("RFC 9211 2", "another variant", [answer(FRESH, "Vary: X-A")],
        [step("fetch", "X-A: 1"), step("fetch", "X-A: 2", has={"Cache-Status": "fwd=vary-miss"})]),
    Row("RFC 9211 2", "behind the member of a cache nearer to the service", [answer(FRESH, "Cache-Status: near; hit")],
        [step("fetch", has={"Cache-Status": "^near; hit, outrigger; fwd"}), step("hit", has={"Cache-Status": "^near; hit, outrigger; hit"})]),
]

ROWS = _RANGES + _INVALIDATION + _REQUESTS + _TARGETED + _STALE + _STATUS
