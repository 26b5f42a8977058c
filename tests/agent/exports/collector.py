"""An empty EPCIS repository for tests: captures, jobs, limits, and the faults that real ones have.

It knows nothing of ours: it takes what EPCIS 2.0's capture interface lets anybody send.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Collector:
    """Events by their ID; `refuses` are IDs that are wrong here, `answers` what comes instead."""

    def __init__(self) -> None:
        self.events: dict[str, dict] = {}
        self.jobs: list[dict] = []
        self.asked: list[tuple[str, str, dict]] = []
        self.refuses: set[str] = set()
        self.answers: list[tuple[int, dict]] = []
        self.break_off_after: int | None = None
        self.slow_answers = 0
        self.forgets = False
        self.limit = 1000
        self.url = ""

    @property
    def posts(self) -> list[dict]:
        """The headers of all captures."""
        return [headers for method, _, headers in self.asked if method == "POST"]

    def capture(self, document: dict, behaviour: str) -> int:
        """Take a document as the standard says; return its job's number."""
        listed = document["epcisBody"]["eventList"]
        wrong = [event["eventID"] for event in listed if event["eventID"] in self.refuses]
        taken = [] if wrong and behaviour == "rollback" else listed
        self.events |= {each["eventID"]: each for each in taken if each["eventID"] not in wrong}
        errors = [{"title": "ValidationException", "detail": name} for name in wrong]
        self.jobs.append({"running": False, "success": not wrong, "errors": errors})
        return len(self.jobs) - 1


class Handler(BaseHTTPRequestHandler):
    """Speaks for the collector of its server."""

    protocol_version = "HTTP/1.1"

    def do_OPTIONS(self):
        self.note()
        self.say(204, {"GS1-EPCIS-Capture-Limit": str(self.collector.limit)})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.note()
        if self.collector.answers:
            return self.say(*self.collector.answers.pop(0))
        behaviour = self.headers["GS1-Capture-Error-Behaviour"]
        number = self.collector.capture(json.loads(body), behaviour)
        if self.collector.break_off_after == number + 1:
            self.close_connection = True  # the power goes before the answer does
            return self.connection.close()
        return self.say(202, {"Location": f"/epcis/capture/{number}"})

    def do_GET(self):
        self.note()
        number = int(self.path.rpartition("/")[2])
        if self.collector.forgets:
            return self.say(404, {})
        job = dict(self.collector.jobs[number])
        if self.collector.slow_answers:
            self.collector.slow_answers -= 1
            job["running"] = True
        return self.say(200, {}, json.dumps(job).encode())

    @property
    def collector(self) -> Collector:
        return self.server.collector

    def note(self):
        self.collector.asked.append((self.command, self.path, dict(self.headers)))

    def say(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Collector]:
    """Run an empty collector; with a certificate and its key in one file, over TLS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.collector = collector = Collector()
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    collector.url = f"{scheme}://127.0.0.1:{server.server_port}/epcis"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
