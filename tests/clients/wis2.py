"""pywis-pubsub and pywis-topics judge the notification messages of a node.

The schema of the messages and the tables of the topics are downloads of the WMO and are not asked
for here; the clauses that the suite tests by itself are, and that hashes fit what links lead to.
"""

import json
import sys
from urllib.request import urlopen

from pywis_pubsub.ets import WNMTestSuite
from pywis_pubsub.verification import verify_data
from pywis_topics.topics import validate_baseline

url = sys.argv[1]
answer = json.load(urlopen(f"{url}/v1/changes?format=wnm&limit=20"))
messages = answer["features"]
assert messages, answer
verified = 0
for message in messages:
    suite = WNMTestSuite(message)
    for name in dir(suite):
        if name.startswith("test_requirement") and not name.endswith("validation"):
            result = getattr(suite, name)()
            assert result["code"] == "PASSED", (result, message)
    topic = message["properties"]["topic"]
    assert validate_baseline(topic) and topic.startswith("origin/a/wis2/"), topic
    integrity = message["properties"].get("integrity")
    if integrity:
        assert verify_data(message), message
        verified += 1
assert verified, "no message has a hash"
print(len(messages), "messages,", verified, "with hashes that fit")
print("ok")
