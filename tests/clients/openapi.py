"""The OpenAPI document of /v1 is valid and names every response."""
import json
import sys
import urllib.request

from openapi_spec_validator import validate

with urllib.request.urlopen(sys.argv[1] + "/v1/openapi.json") as response:
    document = json.load(response)
validate(document)
assert len(document["paths"]) > 15, document["paths"].keys()
print("ok")
