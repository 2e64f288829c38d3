"""Collectors that what Outrigger exports is sent to, checked against the *published* definitions: OpenTelemetry's .proto files
as npm carries them (scripts/install test), compiled by Debian's protoc. Nothing of our encoder is used.

    with Collector() as collector:
        ... exporter: {otlp: "http://<collector.address>"} ...
        spans = collector.wait_for_spans(2)
"""
import base64
import collections
import gzip
import http.server
import importlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

from .wait import PATIENCE, until

PROTOS = pathlib.Path(__file__).resolve().parents[1] / "npm/node_modules/@opentelemetry/otlp-grpc-exporter-base/build/protos"
HAS_PROTOS = PROTOS.is_dir() and shutil.which("protoc") is not None
NEEDS = "needs OpenTelemetry's .proto files from npm and protoc: scripts/install test"

Span = collections.namedtuple("Span", "name kind trace_id span_id parent_id tracestate start end attributes events status "
                                      "flags resource scope")
Record = collections.namedtuple("Record", "time severity text body attributes trace_id span_id flags resource")
Event = collections.namedtuple("Event", "name time attributes")
Request = collections.namedtuple("Request", "path headers content")

_FLAGS_OF_SPAN = 16  # fixed32, in the definitions since 1.1; those of npm are older


def compiled():
    """The published definitions as Python modules: (trace service, logs service)."""
    if "opentelemetry.proto.collector.trace.v1.trace_service_pb2" not in sys.modules:
        directory = tempfile.mkdtemp(prefix="outrigger-protos-")
        files = sorted(str(file.relative_to(PROTOS)) for file in PROTOS.rglob("*.proto"))
        subprocess.run(["protoc", f"-I{PROTOS}", f"--python_out={directory}", *files], check=True)
        sys.path.insert(0, directory)
        try:
            for name in ("trace", "logs"):
                importlib.import_module(f"opentelemetry.proto.collector.{name}.v1.{name}_service_pb2")
        finally:
            sys.path.remove(directory)
            shutil.rmtree(directory)
    return tuple(sys.modules[f"opentelemetry.proto.collector.{name}.v1.{name}_service_pb2"] for name in ("trace", "logs"))


def _value(any_value):
    kind = any_value.WhichOneof("value")
    return getattr(any_value, kind) if kind else None


def _attributes(pairs):
    keys = [pair.key for pair in pairs]
    assert len(keys) == len(set(keys)), f"an attribute comes twice: {keys}"
    return {pair.key: _value(pair.value) for pair in pairs}


def _check_known(message, allowed=()):
    """Everything in the message is defined."""
    unknown = [(field.field_number, field.wire_type) for field in message.UnknownFields() if field.field_number not in allowed]
    assert not unknown, f"{type(message).__name__} has fields that are not defined: {unknown}"


def _walk(message):
    yield message
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for each in value if field.label == field.LABEL_REPEATED else [value]:
                yield from _walk(each)


def _flags(span):
    for field in span.UnknownFields():
        if field.field_number == _FLAGS_OF_SPAN:
            assert field.wire_type == 5, field.wire_type
            return field.data
    return None


def _spans(request):
    for message in _walk(request):
        _check_known(message, (_FLAGS_OF_SPAN,) if type(message).__name__ == "Span" else ())
    for of_resource in request.resource_spans:
        for scoped in of_resource.scope_spans:
            for span in scoped.spans:
                assert len(span.trace_id) == 16 and len(span.span_id) == 8 and len(span.parent_span_id) in (0, 8), span
                yield Span(span.name, span.SpanKind.Name(span.kind)[10:].lower(), span.trace_id.hex(), span.span_id.hex(),
                           span.parent_span_id.hex(), span.trace_state, span.start_time_unix_nano, span.end_time_unix_nano,
                           _attributes(span.attributes),
                           [Event(event.name, event.time_unix_nano, _attributes(event.attributes)) for event in span.events],
                           (span.status.StatusCode.Name(span.status.code)[12:].lower(), span.status.message), _flags(span),
                           _attributes(of_resource.resource.attributes), scoped.scope.name)


def _records(request):
    for message in _walk(request):
        _check_known(message)
    for of_resource in request.resource_logs:
        for scoped in of_resource.scope_logs:
            for record in scoped.log_records:
                yield Record(record.time_unix_nano, record.severity_number, record.severity_text, _value(record.body),
                             _attributes(record.attributes), record.trace_id.hex(), record.span_id.hex(), record.flags,
                             _attributes(of_resource.resource.attributes))


def _with_base64(node):
    """OTLP's JSON has ids in hexadecimal, where JSON of protobuf has base64."""
    if isinstance(node, list):
        return [_with_base64(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {}
    for key, value in node.items():
        if key in ("traceId", "spanId", "parentSpanId"):
            assert re.fullmatch("[0-9a-f]{16}|[0-9a-f]{32}", value), (key, value)
            value = base64.b64encode(bytes.fromhex(value)).decode()
        made[key] = _with_base64(value)
    return made


def _take_flags(node):
    """Takes `flags` out of every span, in order."""
    flags = []
    for of_resource in node.get("resourceSpans", []):
        for scoped in of_resource["scopeSpans"]:
            flags += [span.pop("flags") for span in scoped["spans"]]
    return flags


def _from_json(content, message):
    from google.protobuf import json_format
    node = json.loads(content)
    flags = _take_flags(node)
    json_format.ParseDict(_with_base64(node), message)  # refuses what is not defined
    return flags


class Collector:
    """Takes OTLP/HTTP (both encodings) and Zipkin's v2 API on a free port. `answer`: (status, fields, content) of what comes."""

    def __init__(self, port=0):
        self.requests = []
        self.answer = (200, {}, b"")
        self.lock = threading.Lock()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                content = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    content = gzip.decompress(content)
                with collector.lock:
                    status, fields, body = collector.answer
                    collector.requests.append((status, Request(self.path, dict(self.headers), content)))
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.address}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def taken(self):
        """The requests that were answered by 2xx."""
        with self.lock:
            return [request for status, request in self.requests if 200 <= status < 300]

    def spans(self):
        """Every span taken so far."""
        trace_service, _ = compiled()
        made = []
        for request in self.taken():
            if request.path != "/v1/traces":
                continue
            message = trace_service.ExportTraceServiceRequest()
            if request.headers["Content-Type"] == "application/json":
                flags = _from_json(request.content, message)
                made += [span._replace(flags=each) for span, each in zip(_spans(message), flags, strict=True)]
            else:
                assert request.headers["Content-Type"] == "application/x-protobuf", request.headers
                message.ParseFromString(request.content)
                made += _spans(message)
        return made

    def records(self):
        """Every log record taken so far."""
        _, logs_service = compiled()
        made = []
        for request in self.taken():
            if request.path != "/v1/logs":
                continue
            message = logs_service.ExportLogsServiceRequest()
            if request.headers["Content-Type"] == "application/json":
                _from_json(request.content, message)
            else:
                message.ParseFromString(request.content)
            made += _records(message)
        return made

    def zipkin(self):
        """Every span of Zipkin's taken so far, checked against its API's definition."""
        made = []
        for request in self.taken():
            if request.path == "/api/v2/spans":
                assert request.headers["Content-Type"] == "application/json", request.headers
                made += json.loads(request.content)
        for span in made:
            check_zipkin(span)
        return made

    def wait_for_spans(self, count):
        until(lambda: len(self.spans()) >= count, f"{count} spans", max(PATIENCE, 20))
        return self.spans()

    def wait_for_records(self, count):
        until(lambda: len(self.records()) >= count, f"{count} log records", max(PATIENCE, 20))
        return self.records()


# zipkin.io/zipkin-api, "Span" of the v2 API: key to type, or to a check.
_ZIPKIN_SPAN = {
    "traceId": "[0-9a-f]{32}", "id": "[0-9a-f]{16}", "parentId": "[0-9a-f]{16}", "name": ".+", "kind": "CLIENT|SERVER",
    "timestamp": int, "duration": int, "localEndpoint": dict, "remoteEndpoint": dict, "annotations": list, "tags": dict,
}
_ZIPKIN_ENDPOINT = {"serviceName": str, "ipv4": r"[\d.]+", "ipv6": "[0-9a-f:]+", "port": int}


def _check_keys(node, definition):
    for key, value in node.items():
        expected = definition[key]
        good = re.fullmatch(expected, value) if isinstance(expected, str) else isinstance(value, expected)
        assert good, (key, value)


def check_zipkin(span):
    _check_keys(span, _ZIPKIN_SPAN)
    assert {"traceId", "id"} <= span.keys(), span
    for endpoint in ("localEndpoint", "remoteEndpoint"):
        _check_keys(span.get(endpoint, {}), _ZIPKIN_ENDPOINT)
    for annotation in span.get("annotations", []):
        _check_keys(annotation, {"timestamp": int, "value": str})
    assert all(isinstance(value, str) for value in span.get("tags", {}).values()), span
