"""schemathesis against a running server."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance", "response_headers_conformance",
]


class Fuzzer:
    """Sends what a server's OpenAPI document allows and what it does not, each time the same."""

    def __init__(self, base, bearer):
        self.base = base
        self.bearer = bearer

    def run(self, what, examples, options, configuration=""):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "schemathesis.toml")
            config.write_text(configuration)
            command = [
                sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run",
                f"{self.base}/openapi.json", "--url", self.base, "--no-color", "--workers", "1",
                "--header", f"Authorization: Bearer {self.bearer}",
                "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
                "--max-examples", str(examples), "--generation-deterministic", *options,
            ]
            hooks = {
                "SCHEMATHESIS_HOOKS": "blackbox_hooks",
                "PYTHONPATH": os.path.dirname(__file__),
            }
            outcome = subprocess.run(
                command, capture_output=True, text=True, timeout=240, env=os.environ | hooks,
                cwd=folder,
            )
        cases = re.search(r"(\d+) generated", outcome.stdout)
        if outcome.returncode or not cases:
            print(outcome.stdout[-12000:], outcome.stderr[-2000:])
            sys.exit(outcome.returncode or 1)
        print(f"schemathesis: {cases[1]} cases, {what}")
