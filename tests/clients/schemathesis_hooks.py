"""How bodies that are no JSON are sent: as they are."""
import json

import schemathesis


def as_it_is(_context, value):
    if isinstance(value, bytes):
        return {"data": value}
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return {"data": text.encode("utf-8", "surrogatepass")}


for media_type in ("application/toml", "application/offset+octet-stream", "application/x-ndjson"):
    schemathesis.serializer(media_type)(as_it_is)
