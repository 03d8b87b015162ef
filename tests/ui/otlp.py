"""A small OpenTelemetry collector on loopback: takes spans over HTTP (OTLP, protobuf) and keeps them."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """Takes what is sent to ``/v1/traces``."""

    server: "Collector"

    def do_POST(self) -> None:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert self.path == "/v1/traces"
        self.server.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.scopes.add(scope.scope.name)
                self.server.spans += scope.spans
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


class Collector(ThreadingHTTPServer):
    """``spans`` holds what came, ``scopes`` whose they are, ``bodies`` the bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True
        self.spans: list[Any] = []
        self.scopes: set[str] = set()
        self.bodies: list[bytes] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def named(self, name: str) -> list[Any]:
        """All spans of a name."""
        return [each for each in self.spans if each.name == name]

    def beneath(self, span: Any) -> list[Any]:
        """The spans that hang on another."""
        return [each for each in self.spans if each.parent_span_id == span.span_id]


def facts(span: Any) -> dict[str, Any]:
    """A span's attributes."""
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
