"""Upstreams that nobody here wrote, which fail on demand and judge us as their client: PyPI's llmock and npm's aimock."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import httpx2

from server import ROOT, wait_for


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Upstream:
    """A process that answers on a port of its own."""

    def __init__(self, folder, name, command, alive, environment=None):
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.log = open(folder / f"{name}-{self.port}.log", "wb")
        environment = {"PATH": os.environ["PATH"]} | (environment or {})
        self.process = subprocess.Popen([*command, "--port", str(self.port)], stdout=self.log, stderr=self.log, env=environment, cwd=folder)
        self.http = httpx2.Client(base_url=self.origin, timeout=10, trust_env=False)
        wait_for(f"{name} to answer", lambda: self._alive(alive))

    def _alive(self, path):
        assert self.process.poll() is None, pathlib.Path(self.log.name).read_text()
        try:
            return self.http.get(path).status_code < 500
        except httpx2.TransportError:
            return False

    @property
    def base_url(self):
        return f"{self.origin}/v1"

    def stop(self):
        self.http.close()
        self.process.terminate()
        self.process.wait()
        self.log.close()


class LlMock(Upstream):
    """llmock: scripted faults, and a verdict on the client that met them."""

    def __init__(self, folder):
        super().__init__(folder, "llmock", [sys.executable, "-m", "llmock.cli", "serve"], "/_llmock/scenario")

    def script(self, *behaviors):
        self.http.post("/_llmock/reset").raise_for_status()
        if behaviors:
            self.http.post("/_llmock/scenario", json={"behaviors": list(behaviors)}).raise_for_status()

    def asked(self):
        requests = self.http.get("/_llmock/requests").raise_for_status().json()
        return requests["requests"] if isinstance(requests, dict) else requests

    def verdict(self):
        return self.http.get("/_llmock/verdict").raise_for_status().json()


class AiMock(Upstream):
    """aimock: fails by chance."""

    ANSWER = "Hello! " + "How can I help you today? " * 8

    def __init__(self, folder, **chaos):
        fixtures = folder / "fixtures"
        fixtures.mkdir(exist_ok=True)
        (fixtures / "hello.json").write_text(json.dumps(
            {"fixtures": [{"match": {"userMessage": "hello"}, "response": {"content": self.ANSWER}}]}
        ))
        cli = ROOT / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
        flags = [flag for name, value in chaos.items() for flag in (f"--chaos-{name}", str(value))]
        super().__init__(folder, "aimock", ["node", str(cli), "--fixtures", str(fixtures), "--log-level", "warn", *flags], "/health")
