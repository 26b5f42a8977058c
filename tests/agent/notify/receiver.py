"""A webhook that somebody else runs: it keeps the ids that came, and answers as it is told."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hil.site.ports import HERE, free_port


class Receiver:
    """Answers POSTs at `url` while it is up; `answers` are used up first, then it says 204."""

    def __init__(self) -> None:
        self.context: ssl.SSLContext | None = None
        self.port = free_port()
        self.url = f"http://{HERE}:{self.port}/alarms?site=7"
        self.answers: list[int] = []
        self.headers = {"Content-Length": "0"}
        self.taken: list[dict] = []
        self.asked: list[tuple[str, dict]] = []
        self._server: ThreadingHTTPServer | None = None

    def up(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = receiver.answers.pop(0) if receiver.answers else 204
                receiver.asked.append((self.path, dict(self.headers)))
                if status < 300:
                    receiver.taken.append(body)
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_) -> None:
                pass

        self._server = ThreadingHTTPServer((HERE, self.port), Handler)
        if self.context is not None:
            server = self._server
            server.socket = self.context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def counted(self) -> list[int]:
        """The records of the events that came, each once by its id."""
        return [each["record"] for each in {one["id"]: one for one in self.taken}.values()]
