"""A running Turnpike of our own: started on a free port and an empty directory, reached over its management API, stopped."""

import csv
import io
import json
import os
import pathlib
import re
import signal
import subprocess
import time
from urllib.parse import quote

import httpx2

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary():
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "debug" / "turnpike"
    return str(ROOT / os.environ.get("TURNPIKE_BIN", built))


def wait_for(what, condition, seconds=20):
    """Waits until the condition holds, which it must in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        time.sleep(0.02)
    return found


class Server:
    """The server, and what every suite needs of it."""

    def __init__(self, folder, environment=None):
        self.folder = folder
        self.data = folder / "data"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("TURNPIKE_")}
        # There is no load balancer that would have to see the drain coming.
        self.environment |= {"TURNPIKE_RELAY__DRAIN_GRACE_MS": "0"} | (environment or {})
        self.log = open(folder / "turnpike.log", "wb")
        self.token = self.run("admin", "token", "--name", "suites").stdout.strip()
        self.process = subprocess.Popen(
            [binary(), "serve", "--listen", "127.0.0.1:0", "--data-dir", str(self.data)],
            stdout=self.log, stderr=self.log, env=self.environment, cwd=folder,
        )
        self.base = wait_for("address", self._address)
        self.api = httpx2.Client(
            base_url=f"{self.base}/api/v1", headers={"authorization": f"Bearer {self.token}"}, timeout=30, trust_env=False
        )
        wait_for("readiness", self._ready)

    def run(self, *arguments, check=True):
        command = [binary(), *arguments, "--data-dir", str(self.data)]
        return subprocess.run(command, capture_output=True, text=True, env=self.environment, cwd=self.folder, check=check)

    def _said(self):
        said = (self.folder / "turnpike.log").read_text()
        assert self.process.poll() is None, said
        return said

    def _address(self):
        """Of the port that the server took."""
        found = re.search(r"(http://\S+)/setup/", self._said())
        return found and found[1]

    def _ready(self):
        self._said()
        try:
            return httpx2.get(f"{self.base}/readyz", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    def call(self, method, path, body=None):
        response = self.api.request(method, path, json=body)
        assert response.status_code in (200, 201, 204), f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def make_price(self, model, rates):
        self.call("PUT", f"/models/{quote(model, safe='')}/price", rates)

    def key_of_new_tenant(self, name, credit):
        tenant = self.call("POST", "/tenants", {"name": name})["id"]
        if credit:
            self.call("POST", f"/tenants/{tenant}/adjustments", {"amount": credit, "reason": "suites"})
        return self.call("POST", f"/tenants/{tenant}/keys", {"name": name})

    def usage(self):
        """All rows of the usage CSV by request id."""
        response = self.api.get("/usage.csv")
        assert response.status_code == 200, response.text
        rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8"), newline="")))
        by_id = {row["request_id"]: row for row in rows}
        assert len(by_id) == len(rows), "a request stands twice in the usage"
        return by_id

    def json_usage(self):
        """All rows of `GET /usage`, over all pages."""
        rows, cursor = [], None
        while True:
            page = self.call("GET", "/usage?limit=100" + (f"&cursor={quote(cursor)}" if cursor else ""))
            rows += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return rows

    def stop(self):
        """Ends the server as an operator does, and holds its books to account."""
        self.api.close()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=60) == 0, (self.folder / "turnpike.log").read_text()
        self.log.close()
        result = self.run("reconcile", check=False)
        assert result.returncode == 0 and "difference 0" in result.stdout, result.stdout + result.stderr

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __repr__(self):
        return json.dumps({"relay": self.base})
