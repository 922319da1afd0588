"""A Google Cloud on loopback: it exchanges what a service account signed for a token, as google-auth judges the signature, and
answers at Vertex AI's paths with recorded answers."""

import json
import pathlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "crates" / "protocol" / "tests" / "fixtures"
LOCATION = "/v1/projects/p/locations/l"


def recorded(name):
    """A recorded answer's bytes."""
    return json.loads((FIXTURES / name).read_text())["interactions"][0]["response"]["body"].encode()


# What is answered where.
ANSWERS = {
    f"{LOCATION}/publishers/google/models/gemini-up:streamGenerateContent?alt=sse": "vertex/stream-streamed-args-1.json",
    f"{LOCATION}/publishers/anthropic/models/claude-up:rawPredict": "anthropic/json-text-1.json",
    f"{LOCATION}/publishers/anthropic/models/claude-up:streamRawPredict": "anthropic/stream-text-1.json",
}


class Cloud:
    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.tokens, self.taken_back, self.asked, self.refuses = [], set(), [], False
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status, answer = cloud.answer(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("content-type", "text/event-stream" if "stream" in self.path else "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def account(self, **changed):
        """A service account's key as Google hands it out."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return json.dumps({
            "type": "service_account", "project_id": "p", "private_key_id": "key-1", "private_key": pem.decode(),
            "client_email": "relay@p.iam.gserviceaccount.com", "token_uri": f"{self.base}/token",
        } | changed, indent=2)

    def answer(self, path, headers, body):
        if path == "/token":
            return self._token(parse_qs(body.decode()))
        self.asked.append((path, {name.lower(): value for name, value in headers.items()}, json.loads(body)))
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or token in self.taken_back:
            return 401, b'{"error":{"code":401,"message":"no such token","status":"UNAUTHENTICATED"}}'
        return 200, recorded(ANSWERS[path])

    def _token(self, form):
        public = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        claims = jwt.decode(form["assertion"][0], certs={"key-1": public}, audience=f"{self.base}/token")
        assert claims["iss"] == "relay@p.iam.gserviceaccount.com"
        assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
        if self.refuses:
            return 400, b'{"error":"invalid_grant","error_description":"Invalid JWT Signature."}'
        # Real ones are padded with dots.
        self.tokens.append(f"ya29.token-{len(self.tokens)}....")
        return 200, json.dumps({"access_token": self.tokens[-1], "expires_in": 3599, "token_type": "Bearer"}).encode()
