"""The OpenAPI document of /v1 is valid, names every response, and shows answers that hold against their schemas."""
import json
import sys
import urllib.request

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

with urllib.request.urlopen(sys.argv[1] + "/v1/openapi.json") as response:
    document = json.load(response)
validate(document)
assert len(document["paths"]) > 15, document["paths"].keys()

shown = 0
for path, item in document["paths"].items():
    for method, operation in item.items():
        for status, answer in operation["responses"].items():
            contents = answer.get("content", {})
            if status.startswith("2") and contents:
                told = [c for c in contents.values() if "example" in c or "examples" in c]
                # Of several ways to succeed, one is shown.
                ways = [s for s, r in operation["responses"].items() if s.startswith("2") and "content" in r]
                assert told or len(ways) > 1, f"{method} {path} {status} shows no answer"
            for media, content in contents.items():
                if "example" not in content or "schema" not in content:
                    continue
                # References of the schema lead into the document.
                schema = {**content["schema"], "components": document["components"]}
                errors = list(Draft202012Validator(schema).iter_errors(content["example"]))
                assert not errors, f"{method} {path} {status} {media}: {errors[0]}"
                shown += 1
assert shown > 50, shown
print("ok")
