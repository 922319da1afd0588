"""A provider that answers as told: the last user text names the case."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Upstream:
    """Answers `case-N` with the N-th answer it was given: (status, content type, body)."""

    def __init__(self):
        self.answers = []
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                asked = self.rfile.read(int(self.headers["content-length"])).decode()
                kind, body = answers[int(re.search(r"case-(\d+)", asked)[1])]
                body = body.encode()
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def learn(self, kind, body):
        """The text that asks for this answer."""
        self.answers.append((kind, body if isinstance(body, str) else json.dumps(body)))
        return f"case-{len(self.answers) - 1}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
