"""A provider that follows a script: three turns of tool calls, then an answer with a word that only the tools' results told.

It answers in one dialect, and keeps what it heard. What it hears must fit the script: every call it made comes back as it made
it, every result belongs to a call, every signature is one it gave; else it answers 400 and the run has failed.
"""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from speech import DIALECTS, Heard, Turn


@dataclass
class Exchange:
    path: str
    heard: Heard
    turn: int | None


@dataclass
class Upstream:
    """`script(heard)` answers the turn for so many results, or None for requests that are not the conversation."""

    dialect: str
    script: object
    exchanges: list = field(default_factory=list)
    faults: list = field(default_factory=list)

    def __enter__(self):
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                upstream.answer(self, body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, body):
        speech = DIALECTS[self.dialect]
        model = body.get("model") or handler.path.split("/models/")[1].split(":")[0]
        try:
            heard = speech.read(body, handler.path)
            number, turn = self.script(heard)
        except Exception as fault:  # noqa: BLE001 - the test shows it
            self.faults.append(f"{handler.path}: {fault!r} in {json.dumps(body)[:2000]}")
            return self.send(handler, 400, "application/json", json.dumps({"error": {"message": repr(fault)}}))
        self.exchanges.append(Exchange(handler.path, heard, number))
        if heard.stream:
            return self.send(handler, 200, "text/event-stream", *speech.stream(turn, model))
        return self.send(handler, 200, "application/json", json.dumps(speech.whole(turn, model), ensure_ascii=False))

    def send(self, handler, status, kind, *pieces):
        handler.send_response(status)
        handler.send_header("content-type", kind)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for piece in pieces:
            data = piece.encode()
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            handler.wfile.flush()
        handler.wfile.write(b"0\r\n\r\n")
        handler.wfile.flush()
