"""Traces over OpenTelemetry, where a collector's address is set: the server's requests and what they wait for.

They hold routes, statuses, sizes, names of models and tools. Addresses are left out, because some carry tokens; so are
other libraries' spans, because some carry the words of errors.
"""

import os
from typing import TYPE_CHECKING, Any

from assistant.errors import BadSettings
from assistant.logs import log
from assistant.settings import Settings
from tools.serving.spans import NAME

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig

SERVICE = "startup-assistant"
OURS = (NAME, "fastapi")  # whose spans are sent
STANDARD = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
LEFT_OUT = ("url.path", "url.query")
# FastAPI would send errors with their words as logs, and counts that /metrics has.
TELEMETRY: "TelemetryConfig" = {
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
    "exclude": lambda scope: scope["path"] in ("/healthz", "/readyz", "/metrics"),
}


def begin(settings: Settings, version: str) -> Any:
    """Send spans from now on, where that is wanted. OpenTelemetry's own variables (``OTEL_…``) are heeded.

    Args:
        settings: ``otel_endpoint`` is the collector's address.
        version: the program's.

    Returns:
        The provider, to be shut down at the end; None where nothing is sent.

    Raises:
        BadSettings: what sends them is not installed.
    """
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if off or not (settings.otel_endpoint or any(os.environ.get(name) for name in STANDARD)):
        return None
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise BadSettings(
            "ASSISTANT_OTEL_ENDPOINT needs OpenTelemetry's exporter, which is not installed.",
            "pip install 'startup-assistant[otel]'.",
        ) from error
    name = os.environ.get("OTEL_SERVICE_NAME") or SERVICE
    provider = _provider(Resource.create({"service.name": name, "service.version": version}))
    exporter = OTLPSpanExporter(endpoint=_endpoint(settings))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    log().info("traces are sent")
    return provider


def _endpoint(settings: Settings) -> str | None:
    """Where spans go; None leaves it to OpenTelemetry's own variables."""
    address = (settings.otel_endpoint or "").rstrip("/")
    if not address:
        return None
    return address if address.endswith("/v1/traces") else f"{address}/v1/traces"


def _provider(resource: Any) -> Any:
    from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
    from opentelemetry.trace import NoOpTracer, Tracer

    class Ours(TracerProvider):
        """Makes our spans alone; within others', ours hang on the request."""

        def get_tracer(self, instrumenting_module_name: str, *more: Any, **named: Any) -> Tracer:
            """A tracer, or one that makes nothing."""
            if instrumenting_module_name not in OURS:
                return NoOpTracer()
            return super().get_tracer(instrumenting_module_name, *more, **named)

    class Addresses(SpanProcessor):
        """Takes addresses out."""

        def on_start(self, span: Span, parent_context: Any = None) -> None:
            """As a span begins, with the attributes that it was made with."""
            for name in LEFT_OUT:
                if name in (span.attributes or {}):
                    span.set_attribute(name, "")

    provider = Ours(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(Addresses())
    return provider
