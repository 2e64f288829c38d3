"""What is stored: RFC 9111 sections 3 and 5.2.2."""
from .origin import date
from .rows import FRESH, Row, answer, refetch, reuse, step, validate

_ETAG = 'ETag: "a"'

# Statuses that say how long they live are stored, whatever they are.
_STATUSES = [reuse("3", f"{status} with max-age is stored", FRESH, status=status, checks={"status": status})
             for status in (200, 203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 418, 451, 500, 501, 502,
                            503, 504, 599)]
_STATUSES += [reuse("3", f"{status} with Expires is stored", f"Expires: {date(1000)}", status=status, checks={"status": status})
              for status in (200, 302, 404, 500)]
_STATUSES += [refetch("3", f"{status} without a lifetime is not stored", status=status)
              for status in (200, 204, 301, 302, 404, 410, 500, 503)]

_DIRECTIVES = [
    refetch("5.2.2.5", "no-store is not stored", "Cache-Control: no-store"),
    refetch("5.2.2.5", "no-store beats max-age", "Cache-Control: no-store, max-age=1000"),
    refetch("5.2.2.5", "no-store in another case", "Cache-Control: No-StOrE, max-age=1000"),
    refetch("5.2.2.5", "no-store on a line of its own", FRESH, "Cache-Control: no-store"),
    refetch("5.2.2.5", "no-store beats s-maxage", "Cache-Control: s-maxage=1000, no-store"),
    reuse("5.2.2.5", "no-store inside a quoted string says nothing", 'Cache-Control: ext="no-store", max-age=1000'),
    reuse("5.2", "no-store as part of a name says nothing", "Cache-Control: no-storex, max-age=1000"),
    refetch("5.2.2.7", "private is not stored", "Cache-Control: private"),
    refetch("5.2.2.7", "private beats max-age", "Cache-Control: private, max-age=1000"),
    refetch("5.2.2.7", "private beats s-maxage", "Cache-Control: private, s-maxage=1000"),
    refetch("5.2.2.7", "private beats public", "Cache-Control: private, public, max-age=1000"),
    refetch("5.2.2.7", "private with an empty list is private", 'Cache-Control: private="", max-age=1000'),
    reuse("5.2.2.7", "private with a field: all but the field is stored", 'Cache-Control: max-age=1000, private="X-User"',
          "X-User: eve", "X-Other: a", checks={"lacks": ["X-User"], "has": {"X-Other": "^a$"}}),
    reuse("5.2.2.7", "private with two fields", 'Cache-Control: max-age=1000, private="X-User, X-Mail"', "X-User: eve",
          "X-Mail: e", checks={"lacks": ["X-User", "X-Mail"]}),
    reuse("5.2.2.7", "private with a token as its field", "Cache-Control: max-age=1000, private=x-user", "X-User: eve",
          checks={"lacks": ["X-User"]}),
    validate("5.2.2.4", "no-cache is validated each time", "Cache-Control: no-cache", _ETAG),
    validate("5.2.2.4", "no-cache beats max-age", "Cache-Control: no-cache, max-age=1000", _ETAG),
    validate("5.2.2.4", "no-cache beats s-maxage", "Cache-Control: s-maxage=1000, no-cache", _ETAG),
    refetch("5.2.2.4", "no-cache without a validator is fetched anew", "Cache-Control: no-cache, max-age=1000"),
    reuse("5.2.2.4", "no-cache with a field: the field is not given again", 'Cache-Control: max-age=1000, no-cache="X-Once"',
          "X-Once: 1", checks={"lacks": ["X-Once"]}),
    reuse("5.2.2.4", "no-cache with a field in another case", 'Cache-Control: max-age=1000, no-cache="x-oNCE"', "X-Once: 1",
          checks={"lacks": ["X-Once"]}),
    reuse("5.2.2.3", "must-understand with a known status ignores no-store", "Cache-Control: must-understand, no-store, max-age=1000"),
    refetch("5.2.2.3", "must-understand with an unknown status", "Cache-Control: must-understand, max-age=1000", status=299),
    reuse("5.2.2.3", "must-understand with a known status", "Cache-Control: must-understand, max-age=1000", status=404,
          checks={"status": 404}),
    refetch("5.2.2.9", "public alone is no lifetime", "Cache-Control: public"),
    reuse("5.2.2.9", "public with max-age", "Cache-Control: public, max-age=1000"),
    reuse("5.2.3", "unknown directives are passed over", "Cache-Control: fresh, max-age=1000, community=\"UCI\""),
    reuse("5.2.2.6", "no-transform does not matter", "Cache-Control: no-transform, max-age=1000"),
    reuse("RFC 8246", "immutable does not matter to a fresh answer", "Cache-Control: max-age=1000, immutable"),
    refetch("5.2", "an empty Cache-Control says nothing", "Cache-Control:"),
    reuse("5.2", "empty elements are passed over", "Cache-Control: , ,max-age=1000,,"),
    refetch("5.4", "Pragma of an answer says nothing", "Pragma: no-cache"),
    reuse("5.4", "Pragma of an answer is no directive", "Pragma: no-cache", FRESH),
]

_WHO = [
    refetch("3.5", "credentials: not shared by max-age alone", FRESH, first=["Authorization: Basic YQ=="]),
    refetch("3.5", "credentials: nor given to others with credentials", FRESH, first=["Authorization: Basic YQ=="],
            again=["Authorization: Basic YQ=="]),
    refetch("3.5", "credentials: what was stored without them is not for them", FRESH, again=["Authorization: Basic YQ=="]),
    reuse("3.5", "credentials: public is shared", "Cache-Control: public, max-age=1000", first=["Authorization: Basic YQ=="]),
    reuse("3.5", "credentials: s-maxage is shared", "Cache-Control: s-maxage=1000", first=["Authorization: Basic YQ=="]),
    reuse("3.5", "credentials: must-revalidate is shared", "Cache-Control: max-age=1000, must-revalidate",
          first=["Authorization: Basic YQ=="]),
    reuse("3.5", "credentials: public is given to who has them", "Cache-Control: public, max-age=1000",
          again=["Authorization: Basic YQ=="]),
    reuse("3.5", "credentials: the operator may share them", FRESH, first=["Authorization: Basic YQ=="], config="shared"),
    refetch("3.5", "credentials: private stays private even so", "Cache-Control: private, max-age=1000", config="shared"),
    refetch("7.3", "Set-Cookie is not shared", FRESH, "Set-Cookie: id=1"),
    reuse("7.3", "Set-Cookie with public is", "Cache-Control: public, max-age=1000", "Set-Cookie: id=1",
          checks={"has": {"Set-Cookie": "^id=1$"}}),
    reuse("7.3", "Set-Cookie that is named private is left out", 'Cache-Control: max-age=1000, private="set-cookie"',
          "Set-Cookie: id=1", checks={"lacks": ["Set-Cookie"]}),
    reuse("7.3", "Set-Cookie is stripped where the operator says so", FRESH, "Set-Cookie: id=1", config="strip",
          checks={"lacks": ["Set-Cookie"]}),
    reuse("7.3", "a Cookie does not matter where the service states a lifetime", FRESH, first=["Cookie: a=1"]),
    refetch("7.3", "a Cookie and the operator's ttl: not for others", first=["Cookie: a=1"], config="ttl"),
    refetch("7.3", "a Cookie and the operator's ttl: not from others", again=["Cookie: a=1"], config="ttl"),
]

_FIELDS = [
    reuse("3.1", "fields are given again, twice where they were twice", FRESH, "X-A: 1", "X-A: 2", "X-B: b",
          checks={"has": {"X-A": "^1, 2$", "X-B": "^b$"}}),
    reuse("3.1", "Connection and what it names stay out", FRESH, "Connection: close, X-Hop", "X-Hop: 1",
          checks={"lacks": ["X-Hop", "Connection"]}),
    reuse("3.1", "Keep-Alive stays out", FRESH, "Keep-Alive: timeout=5", checks={"lacks": ["Keep-Alive"]}),
    reuse("3.1", "Proxy-Connection stays out", FRESH, "Proxy-Connection: x", checks={"lacks": ["Proxy-Connection"]}),
    reuse("3.1", "Proxy-Authenticate stays out", FRESH, "Proxy-Authenticate: Basic", checks={"lacks": ["Proxy-Authenticate"]}),
    reuse("3.1", "Proxy-Authentication-Info stays out", FRESH, "Proxy-Authentication-Info: x",
          checks={"lacks": ["Proxy-Authentication-Info"]}),
    reuse("3.1", "Upgrade stays out", FRESH, "Connection: upgrade", "Upgrade: h2c", checks={"lacks": ["Upgrade"]}),
    reuse("3.1", "an empty field is given again", FRESH, "X-Empty:", checks={"has": {"X-Empty": "^$"}}),
    reuse("3.1", "fields nobody knows are kept", FRESH, "X-Long: " + "x" * 4000, checks={"has": {"X-Long": "^x{4000}$"}}),
    reuse("3.1", "a chunked answer is stored with its length", FRESH, chunked=True,
          checks={"has": {"Content-Length": "^8$"}, "lacks": ["Transfer-Encoding"]}),
    reuse("3.1", "trailers are not given as fields", FRESH, chunked=True, trailers=b"X-Trailer: 1\r\n",
          checks={"lacks": ["X-Trailer"]}),
    reuse("3.1", "a large answer", FRESH, body=b"0123456789" * 50000),
    reuse("3.1", "a large chunked answer", FRESH, body=b"0123456789" * 50000, chunked=True),
    reuse("3.1", "an answer without content", FRESH, body=b"", checks={"has": {"Content-Length": "^0$"}}),
    refetch("3", "an answer larger than max_object", FRESH, body=b"x" * 70000, config="small"),
    refetch("3", "a chunked answer larger than max_object", FRESH, body=b"x" * 70000, chunked=True, config="small"),
    reuse("3", "an answer of just max_object", FRESH, body=b"x" * 65536, config="small"),
    reuse("RFC 9110 6.6.1", "an answer without Date gets one", FRESH, no_date=True, checks={"has": {"Date": "GMT$"}}),
    reuse("3.1", "surrogate keys go no further", FRESH, "Surrogate-Key: a b", "Cache-Tag: c",
          checks={"lacks": ["Surrogate-Key", "Cache-Tag"]}),
]

_PARTIAL = [
    Row("3.3", "a 206 is not stored as if it were all", [
        answer(FRESH, "Content-Range: bytes 0-1/8", status=206, body=b"an"), answer(FRESH)],
        [step("fetch", status=206), step("fetch", status=200, body=b"answer 2")]),
    Row("3.3", "a truncated answer is not stored", [
        {"raw": b"HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\nContent-Length: 100\r\n\r\nshort"}, answer(FRESH)],
        [step("fetch", body=b"answer 2")], config="truncated"),
    Row("3.3", "an answer that is longer than it says is not stored", [
        {"raw": b"HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\nContent-Length: 2\r\n\r\nokand more"}],
        [step("fetch", body=b"ok"), step("fetch", body=b"ok")]),
    Row("3.3", "a chunked answer that goes on behind its end is not stored", [
        {"raw": b"HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1"}],
        [step("fetch", body=b"ok"), step("fetch", body=b"ok")]),
    Row("3.3", "an answer with two lengths is not stored", [
        {"raw": b"HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"}],
        [step("fetch", status=502), step("fetch", status=502)]),
    Row("3.3", "a content that ends with the connection is complete (RFC 9112 section 8)", [
        {"raw": b"HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\n\r\nall of it"}],
        [step("fetch", body=b"all of it"), step("hit", body=b"all of it", has={"Content-Length": "^9$"})]),
    Row("3.3", "so is that of a service that speaks HTTP/1.0", [
        {"raw": b"HTTP/1.0 200 OK\r\nCache-Control: max-age=1000\r\n\r\nall of it"}],
        [step("fetch", body=b"all of it"), step("hit", body=b"all of it", has={"Content-Length": "^9$"})]),
    Row("3.3", "a content that a reset ends is not stored", [
        {"raw": b"HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\n\r\nall of", "reset": True}, answer(FRESH, body=b"new")],
        [step("fetch", cut=True), step("fetch", body=b"new"), step("hit", body=b"new")]),
    Row("3.1", "who fetches gets the trailers, who comes later does not", [
        answer(FRESH, chunked=True, trailers=b"X-Sum: 17\r\n")],
        [step("fetch", trailers=[("X-Sum", "17")]), step("hit", trailers=[])]),
    Row("3", "an interim answer is none", [
        {"raw": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nCache-Control: max-age=9\r\n\r\nHTTP/1.1 200 OK\r\nCache-Control: "
                b"max-age=1000\r\nContent-Length: 2\r\n\r\nok"}],
        [step("fetch", body=b"ok", status=200), step("hit", status=200, body=b"ok", lacks=["Link"])]),
]

ROWS = _STATUSES + _DIRECTIVES + _WHO + _FIELDS + [row for row in _PARTIAL if row.config != "truncated"]
