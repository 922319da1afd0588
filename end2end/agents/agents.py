"""The coding agents: how each is started against a relay, and what its tools are called."""

import json
import os
import pathlib
import subprocess
from dataclasses import dataclass

from speech import Call

PROMPT = "Read word.txt and its neighbour, then tell me the word."
# An agent that has not ended by then hangs.
SECONDS = 180


@dataclass
class Agent:
    """One of them, with the models that it asks for."""

    name: str
    models: list

    def run(self, program, relay, key, home, work):
        """What it printed, when it had ended well."""
        home.mkdir()
        command, environment = self.command(relay, key, home)
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "CI": "1", "NO_COLOR": "1"} | environment
        done = subprocess.run(
            [program / self.name, *command], cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=SECONDS,
        )
        assert done.returncode == 0, f"{self.name} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout


class ClaudeCode(Agent):
    """Speaks Anthropic's Messages."""

    tool = "Read"

    def command(self, relay, key, home):
        environment = {
            "ANTHROPIC_BASE_URL": relay, "ANTHROPIC_API_KEY": key, "ANTHROPIC_MODEL": self.models[0],
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
        }
        return ["-p", PROMPT, "--allowedTools", "Read,Bash,Write"], environment

    def read(self, id, path, free):
        return Call(id, "Read", {"file_path": str(path)})

    def shell(self, id, line, free):
        return Call(id, "Bash", {"command": line, "description": "Print a line"})

    def write(self, id, path, text, free):
        return Call(id, "Write", {"file_path": str(path), "content": text})


class Codex(Agent):
    """Speaks OpenAI's Responses; writes files with a tool that takes free text."""

    tool = "exec_command"

    def command(self, relay, key, home):
        settings = home / ".codex" / "config.toml"
        settings.parent.mkdir()
        settings.write_text(
            f'model = "{self.models[0]}"\nmodel_provider = "turnpike"\napproval_policy = "never"\n'
            'sandbox_mode = "danger-full-access"\n[model_providers.turnpike]\nname = "Turnpike"\n'
            f'base_url = "{relay}/v1"\nenv_key = "TURNPIKE_KEY"\nwire_api = "responses"\n'
        )
        return ["exec", "--skip-git-repo-check", PROMPT], {"TURNPIKE_KEY": key}

    def read(self, id, path, free):
        return self.shell(id, f"cat {path}", free)

    def shell(self, id, line, free):
        return Call(id, "exec_command", {"cmd": line})

    def write(self, id, path, text, free):
        lines = "".join(f"+{line}\n" for line in text.rstrip("\n").split("\n"))
        patch = f"*** Begin Patch\n*** Add File: {path.name}\n{lines}*** End Patch\n"
        return Call(id, "apply_patch", patch if "apply_patch" in free else {"input": patch})


class GeminiCli(Agent):
    """Speaks Google's generateContent."""

    tool = "read_file"

    def command(self, relay, key, home):
        settings = home / ".gemini" / "settings.json"
        settings.parent.mkdir()
        settings.write_text(json.dumps({"security": {"auth": {"selectedType": "gemini-api-key"}}}))
        environment = {"GEMINI_API_KEY": key, "GOOGLE_GEMINI_BASE_URL": relay, "GEMINI_CLI_TRUST_WORKSPACE": "true"}
        return ["-m", self.models[0], "--approval-mode", "yolo", "-p", PROMPT], environment

    def read(self, id, path, free):
        return Call(id, "read_file", {"file_path": str(path)})

    def shell(self, id, line, free):
        return Call(id, "run_shell_command", {"command": line, "description": "Print a line"})

    def write(self, id, path, text, free):
        return Call(id, "write_file", {"file_path": str(path), "content": text})


AGENTS = [
    ClaudeCode("claude", ["claude-sonnet-4-6", "claude-haiku-4-5"]),
    Codex("codex", ["gpt-5.5"]),
    GeminiCli("gemini", ["gemini-3.1-pro-preview", "gemini-3-flash-preview", "gemini-2.5-flash", "gemini-2.5-flash-lite"]),
]


def programs():
    """Where `make agents` installed them."""
    return pathlib.Path(os.environ["AGENTS"]).resolve()
