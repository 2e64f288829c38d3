#!/usr/bin/env python3
"""A service as they are found: plain HTTP on loopback, slow or failing now and then, and nobody wants to change it.

usage: legacy_service.py PORT [--fail-every N] [--slow SECONDS] [--name NAME]

`/` says hello with the number of the request, `/headers` shows the fields that came, anything else is a page of that name.
"""
import argparse
import http.server
import itertools
import time


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("port", type=int)
    arguments.add_argument("--fail-every", type=int, default=0, metavar="N", help="every Nth request gets a 500")
    arguments.add_argument("--slow", type=float, default=0, metavar="SECONDS", help="for each answer")
    arguments.add_argument("--name", default="legacy")
    options = arguments.parse_args()
    numbers = itertools.count(1)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            number = next(numbers)
            time.sleep(options.slow)
            if options.fail_every and number % options.fail_every == 0:
                return self.answer(500, "500: something broke, see log/production.log\n")
            if self.path == "/headers":
                return self.answer(200, str(self.headers))
            self.answer(200, f"hello from {options.name}, request {number}\n")

        def answer(self, status, text):
            self.send_response(status)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
