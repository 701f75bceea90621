"""Requests made up from an OpenAPI document of the node, right ones and wrong ones, in every phase: none makes
the node fail, each answer is one that the document describes, nothing that needs a key is done without, and of
two users neither is told what is the other's."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

url, document, seconds, *keys = sys.argv[1:]
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
]
# In /ogc a language that is not spoken is no mistake: the next one is taken (RFC 9110 §12.5.4).
if document != "/v1/openapi.json":
    CHECKS.remove("negative_data_rejection")
# With one key, everything; with those of two users, what they must not see of each other.
if len(keys) > 1:
    CHECKS = ["not_a_server_error", "ignored_auth", "use_after_free", "object_level_authorization"]
# The protocol of resumable uploads answers a wrong or missing version of itself with 412.
EXPECTED = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "429"]
SETTINGS = f"""
[checks.negative_data_rejection]
expected-statuses = {EXPECTED}

[checks.missing_required_header]
expected-statuses = {EXPECTED}
"""
names = [f"user{number}" for number in range(len(keys))]
known = tempfile.NamedTemporaryFile("w", suffix=".json")
entries = [
    {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {key}"}]}
    for name, key in zip(names, keys)
]
json.dump({"auth": entries}, known)
known.flush()
if len(keys) > 1:
    SETTINGS += f"""
[auth.wfc]
path = "{known.name}"
peers = {json.dumps(names)}
"""
folder = pathlib.Path(__file__).resolve().parent
# What it writes down for itself is not kept.
scratch = tempfile.TemporaryDirectory()
settings = tempfile.NamedTemporaryFile("w", suffix=".toml")
settings.write(SETTINGS)
settings.flush()
done = subprocess.run(
    [
        pathlib.Path(sys.executable).with_name("schemathesis"),
        "--config-file", settings.name,
        "run",
        url + document,
        *(["--header", f"Authorization: Bearer {keys[0]}"] if len(keys) == 1 else []),
        # A stream has no end to wait for.
        "--exclude-path", "/v1/changes/stream",
        "--phases", "examples,coverage,fuzzing,stateful",
        "--checks", ",".join(CHECKS),
        "--max-examples", "6",
        "--max-time", seconds,
        "--continue-on-failure",
        "--generation-database", "none",
        "--seed", "20200201",
        "--request-timeout", "60",
        "--suppress-health-check", "all",
        "--warnings", "off",
        "--no-color",
    ],
    env={**os.environ, "SCHEMATHESIS_HOOKS": str(folder / "schemathesis_hooks.py")},
    cwd=scratch.name,
    capture_output=True,
    text=True,
)
print(done.stdout[-20_000:])
print(done.stderr[-5_000:])
assert done.returncode == 0, done.returncode
cases = int(re.search(r"(\d+) generated", done.stdout).group(1))
assert cases > 300, cases
print("ok")
