"""How long an answer may be used: RFC 9111 sections 4.2, 5.1 and 5.3."""
from .origin import date
from .rows import FRESH, Row, answer, refetch, reuse, step, validate

_ETAG = 'ETag: "a"'


def _max_age(text, fresh):
    make = reuse if fresh else refetch
    return make("5.2.2.1", f"max-age: {text} is {'fresh' if fresh else 'stale'}", f"Cache-Control: {text}")


_MAX_AGE = [
    _max_age("max-age=1000", True),
    _max_age("MAX-AGE=1000", True),
    _max_age('max-age="1000"', True),
    _max_age("max-age=0", False),
    _max_age("max-age=-1", False),
    _max_age("max-age=1.5", False),
    _max_age("max-age=a", False),
    _max_age("max-age=1000a", False),
    _max_age("max-age=a1000", False),
    _max_age("max-age='1000'", False),
    _max_age("max-age", False),
    _max_age("max-age=", False),
    _max_age("max-age =1000", False),
    _max_age("max-age= 1000", False),
    _max_age("max-age=+1000", False),
    _max_age("max-age=0x3e8", False),
    _max_age("max-age=2147483648", True),
    _max_age("max-age=99999999999999999999999", True),
    _max_age("max-age=01000", True),
    _max_age("ext, max-age=1000", True),
    _max_age('ext="max-age=0", max-age=1000', True),
    _max_age('ext="max-age=1000"', False),
    _max_age('ext="a\\", max-age=0, b", max-age=1000', True),
    _max_age("max-age=1000, max-age=1000", True),
    _max_age("max-age=1000, max-age=0", False),
    _max_age("max-age=0, max-age=1000", False),
    _max_age("s-maxage=1000", True),
    _max_age("s-maxage=1000, max-age=0", True),
    _max_age("max-age=1000, s-maxage=0", False),
    _max_age("s-maxage=a, max-age=1000", False),
    reuse("5.2.2.1", "max-age on a second line", "Cache-Control: public", FRESH),
    reuse("5.2.2.10", "s-maxage on a second line beats max-age", "Cache-Control: max-age=0", "Cache-Control: s-maxage=1000"),
    refetch("4.2.1", "two lines of different max-age are stale", FRESH, "Cache-Control: max-age=5"),
]

_EXPIRES = [
    reuse("5.3", "Expires in the future", f"Expires: {date(1000)}"),
    refetch("5.3", "Expires in the past", f"Expires: {date(-1000)}"),
    refetch("5.3", "Expires equal to Date", f"Date: {date()}", f"Expires: {date()}"),
    refetch("5.3", "Expires: 0", "Expires: 0"),
    refetch("5.3", "Expires that is no date", "Expires: tomorrow"),
    refetch("5.3", "Expires with a number", "Expires: 1000"),
    refetch("5.3", "Expires with two digits of a year in the first form", "Expires: Thu, 18 Aug 50 02:01:18 GMT"),
    refetch("5.3", "Expires in another zone", "Expires: Thu, 18 Aug 2050 02:01:18 CEST"),
    refetch("5.3", "Expires with a single digit of the hour", "Expires: Thu, 18 Aug 2050 2:01:18 GMT"),
    refetch("5.3", "Expires with dots between the digits", "Expires: Thu, 18 Aug 2050 02.01.18 GMT"),
    reuse("RFC 9110 5.6.7", "Expires as an IMF-fixdate", "Expires: Thu, 18 Aug 2050 02:01:18 GMT"),
    reuse("RFC 9110 5.6.7", "Expires in the form of RFC 850", "Expires: Thursday, 18-Aug-50 02:01:18 GMT"),
    reuse("RFC 9110 5.6.7", "Expires in the form of asctime", "Expires: Thu Aug 18 02:01:18 2050"),
    reuse("RFC 9110 5.6.7", "Expires far away", "Expires: Thu, 18 Aug 9999 02:01:18 GMT"),
    reuse("5.3", "max-age beats an Expires in the past", FRESH, f"Expires: {date(-1000)}"),
    reuse("5.3", "max-age beats an Expires that is no date", FRESH, "Expires: 0"),
    refetch("5.3", "max-age=0 beats an Expires in the future", "Cache-Control: max-age=0", f"Expires: {date(1000)}"),
    reuse("5.3", "s-maxage beats an Expires in the past", "Cache-Control: s-maxage=1000", f"Expires: {date(-1000)}"),
    refetch("4.2.1", "two different Expires are stale", f"Expires: {date(1000)}", f"Expires: {date(2000)}"),
    reuse("4.2.1", "Expires counts from Date", f"Date: {date(-500)}", f"Expires: {date(1000)}"),
    refetch("4.2.3", "Expires counts from Date: old by its Date", f"Date: {date(-500)}", f"Expires: {date(-100)}"),
    reuse("5.3", "Expires of an answer without Date", f"Expires: {date(1000)}", no_date=True),
]

_AGE = [
    refetch("4.2.3", "an Age above max-age", "Cache-Control: max-age=10", "Age: 20"),
    refetch("4.2.3", "an Age equal to max-age", "Cache-Control: max-age=10", "Age: 10"),
    reuse("4.2.3", "an Age below max-age", FRESH, "Age: 20", checks={"has": {"Age": "^2[0-9]$"}}),
    refetch("4.2.3", "an old Date is an age", "Cache-Control: max-age=10", f"Date: {date(-20)}"),
    reuse("4.2.3", "a Date in the future is none", "Cache-Control: max-age=100", f"Date: {date(5000)}",
          checks={"has": {"Age": "^[0-9]$"}}),
    reuse("4.2.3", "the larger of Age and apparent age counts", FRESH, "Age: 5", f"Date: {date(-300)}",
          checks={"has": {"Age": "^3[0-9][0-9]$"}}),
    refetch("5.1", "of two Age fields the first counts", "Cache-Control: max-age=10", "Age: 20", "Age: 0"),
    reuse("5.1", "of two Age fields the first counts, fresh", "Cache-Control: max-age=100", "Age: 0", "Age: 2000"),
    refetch("5.1", "of a list in Age the first counts", "Cache-Control: max-age=10", "Age: 20, 0"),
    reuse("5.1", "an Age that is no number is passed over", FRESH, "Age: old", checks={"has": {"Age": "^[0-9]$"}}),
    reuse("5.1", "a negative Age is passed over", FRESH, "Age: -20", checks={"has": {"Age": "^[0-9]$"}}),
    reuse("5.1", "an Age with a fraction is passed over", "Cache-Control: max-age=10", "Age: 20.5"),
    refetch("1.2.2", "an Age beyond all numbers", FRESH, "Age: 99999999999999999999"),
    refetch("5.1", "an Age beyond 2^31", "Cache-Control: max-age=2147483648", "Age: 2147483649"),
    reuse("5.1", "a stored answer says its age", FRESH, checks={"has": {"Age": "^[0-9]+$"}}),
    Row("5.1", "an answer that comes from the service says none", [answer(FRESH)], [step("fetch", lacks=["Age"])]),
    Row("4.2.3", "the Age of a cache behind us is passed on", [answer(FRESH, "Age: 30")],
        [step("fetch", has={"Age": "^3[0-9]$"})]),
    reuse("4.2.3", "a Date that is none does not matter", FRESH, "Date: today"),
]

_GUESSES = [
    refetch("4.2.2", "no heuristic lifetime by default", f"Last-Modified: {date(-100000)}"),
    reuse("4.2.2", "a share of the time since it was changed", f"Last-Modified: {date(-100000)}", config="heuristic"),
    refetch("4.2.2", "just changed", f"Date: {date()}", f"Last-Modified: {date()}", config="heuristic"),
    refetch("4.2.2", "changed in the future", f"Last-Modified: {date(1000)}", config="heuristic"),
    refetch("4.2.2", "a Last-Modified that is no date", "Last-Modified: long ago", config="heuristic"),
    refetch("4.2.2", "not without Last-Modified", config="heuristic"),
    refetch("4.2.2", "not against max-age=0", "Cache-Control: max-age=0", f"Last-Modified: {date(-100000)}", config="heuristic"),
    *[reuse("4.2.2", f"of a {status}", f"Last-Modified: {date(-100000)}", status=status, config="heuristic",
            checks={"status": status}) for status in (203, 204, 300, 301, 308, 404, 405, 410, 414, 501)],
    *[refetch("4.2.2", f"not of a {status}", f"Last-Modified: {date(-100000)}", status=status, config="heuristic",
              checks={"status": status}) for status in (201, 202, 302, 303, 307, 400, 403, 500, 502, 503)],
    reuse("4.2.2", "of a 302 that is public", "Cache-Control: public", f"Last-Modified: {date(-100000)}", status=302,
          config="heuristic", checks={"status": 302}),
]

_TTL = [
    reuse("4.2.2", "ttl gives a lifetime where none is stated", config="ttl"),
    reuse("4.2.2", "ttl counts from now on, whatever the service's clock says", f"Date: {date(-9000)}", config="ttl"),
    refetch("4.2.2", "ttl is not against no-store", "Cache-Control: no-store", config="ttl"),
    refetch("4.2.2", "ttl is not against private", "Cache-Control: private", config="ttl"),
    refetch("4.2.2", "ttl is not against max-age=0", "Cache-Control: max-age=0", config="ttl"),
    refetch("4.2.2", "ttl is not against Expires", f"Expires: {date(-1)}", config="ttl"),
    refetch("4.2.2", "ttl is not for a 500", status=500, config="ttl"),
    refetch("4.2.2", "ttl is not for a 404 by default", status=404, config="plainttl"),
    reuse("4.2.2", "ttl of a status: 404", status=404, config="ttl", checks={"status": 404}),
    reuse("4.2.2", "ttl of a status: 503 by its class", status=503, config="ttl", checks={"status": 503}),
    refetch("4.2.2", "ttl of a status: 0 for 502", status=502, config="ttl"),
    refetch("4.2.2", "ttl is not for what varies by anything", "Vary: *", config="ttl"),
    refetch("7.3", "ttl is not for what sets a cookie", "Set-Cookie: a=1", config="ttl"),
]

_STALE = [
    validate("4.2.4", "a stale answer is validated", "Cache-Control: max-age=10", "Age: 20", _ETAG),
    validate("5.2.2.2", "must-revalidate: a stale answer is validated", "Cache-Control: max-age=10, must-revalidate", "Age: 20",
             _ETAG),
    refetch("4.2.4", "a stale answer without a validator is fetched anew", "Cache-Control: max-age=10", "Age: 20"),
    refetch("4.2.4", "a stale answer is not given for an error by default",
            "Cache-Control: max-age=10", "Age: 20", _ETAG),
]

ROWS = _MAX_AGE + _EXPIRES + _AGE + _GUESSES + _TTL + _STALE
