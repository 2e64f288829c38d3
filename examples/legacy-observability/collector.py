#!/usr/bin/python3
"""Takes traces by OTLP/HTTP and writes a line for each request to the file it is given. Stands for a real collector."""
import http.server
import os
import sys


class Collector(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[1], "a", encoding="ascii") as file:
            file.write(f"{self.path} {len(content)} bytes, of shop: {b'shop' in content}\n")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("COLLECTOR_PORT", "4318"))), Collector).serve_forever()
