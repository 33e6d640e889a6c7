"""A collector of OpenTelemetry traces: takes OTLP over HTTP as JSON, and refuses what the official schema does not know.

It says its address. GET / gives the spans that came, one JSON object for each.
"""

import base64
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

seen = []


def with_base64_ids(span):
    """The only place where OTLP is not the JSON form of its own schema: ids are hexadecimal."""
    for name, length in (("traceId", 16), ("spanId", 8), ("parentSpanId", 8)):
        if name in span:
            raw = bytes.fromhex(span[name])
            assert len(raw) == length and any(raw), (name, span[name])
            span[name] = base64.b64encode(raw).decode()
    return span


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.path == "/v1/traces" and self.headers["content-type"] == "application/json"
        for resource in body["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                scope["spans"] = [with_base64_ids(span) for span in scope["spans"]]
        request = json_format.Parse(json.dumps(body), ExportTraceServiceRequest(), ignore_unknown_fields=False)
        for resource in request.resource_spans:
            service = {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"]
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                assert span.end_time_unix_nano >= span.start_time_unix_nano > 1_600_000_000_000_000_000, span
                seen.append(
                    {
                        "service": service,
                        "name": span.name,
                        "kind": span.kind,
                        "trace": span.trace_id.hex(),
                        "id": span.span_id.hex(),
                        "parent": span.parent_span_id.hex(),
                        "failed": span.status.code == 2,
                    }
                )
        self.answer({})

    def do_GET(self):
        self.answer(seen)

    def answer(self, value):
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Collector)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
