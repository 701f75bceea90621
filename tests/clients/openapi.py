"""The OpenAPI document of /v1 is valid, names every response, and shows bodies that hold against their schemas."""

import json
import sys
import urllib.request

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

with urllib.request.urlopen(sys.argv[1] + "/v1/openapi.json") as response:
    document = json.load(response)
validate(document)
assert len(document["paths"]) > 15, document["paths"].keys()


def judge(what, content):
    """An example of each body of JSON, true to its schema."""
    told = 0
    for media, body in content.items():
        assert "json" not in media or "example" in body, f"{what} {media} shows no example"
        if "example" not in body or "schema" not in body:
            continue
        # References of the schema lead into the document.
        schema = {**body["schema"], "components": document["components"]}
        errors = list(Draft202012Validator(schema).iter_errors(body["example"]))
        assert not errors, f"{what} {media}: {errors[0]}"
        told += 1
    return told


shown = judge("default", document["components"]["responses"]["Problem"]["content"])
for path, item in document["paths"].items():
    for method, operation in item.items():
        for status, answer in operation["responses"].items():
            contents = answer.get("content", {})
            if status.startswith("2") and contents:
                told = [c for c in contents.values() if "example" in c or "examples" in c]
                # Of several ways to succeed, one is shown.
                ways = [s for s, r in operation["responses"].items() if s.startswith("2") and "content" in r]
                assert told or len(ways) > 1, f"{method} {path} {status} shows no answer"
            shown += judge(f"{method} {path} {status}", contents)
        shown += judge(f"{method} {path}", operation.get("requestBody", {}).get("content", {}))
assert shown > 140, shown
print("ok")
