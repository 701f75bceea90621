"""paho-mqtt exchanges messages with a node: QoS 1 and 2, both versions, sessions, TLS, refusals, WIS 2.0."""

import json
import queue
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pywis_pubsub.ets import WNMTestSuite
from pywis_topics.topics import validate_baseline

url, port, key, stream, hidden, certificate = sys.argv[1:7]
PATIENCE = 40


class Client:
    """A client that keeps what it hears."""

    def __init__(self, version=mqtt.MQTTv311, name="", clean=True, login=None, tls=None, will=None, expiry=0, web=False):
        made = {} if version == mqtt.MQTTv5 else {"clean_session": clean}
        transport = "websockets" if web else "tcp"
        own = mqtt.CallbackAPIVersion.VERSION2
        self.client = mqtt.Client(own, client_id=name, protocol=version, transport=transport, **made)
        if web:
            self.client.ws_set_options(path="/mqtt")
        self.heard, self.events = queue.Queue(), queue.Queue()
        self.client.on_message = lambda _, __, message: self.heard.put(message)
        self.client.on_connect = lambda _, __, flags, code, ___: self.events.put((flags.session_present, code))
        self.client.on_subscribe = lambda _, __, ___, codes, ____: self.events.put(codes)
        self.client.on_publish = lambda _, __, ___, code, properties: self.events.put((code, properties))
        if login:
            self.client.username_pw_set(*login)
        if tls:
            self.client.tls_set(ca_certs=tls)
        if will:
            self.client.will_set(*will)
        options = {}
        if version == mqtt.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = expiry
            options = {"clean_start": clean, "properties": properties}
        at = urllib.parse.urlsplit(url).port if web else int(port)
        self.client.connect("localhost" if tls else "127.0.0.1", at, 30, **options)
        self.client.loop_start()
        self.present, self.code = self.event()

    def event(self):
        return self.events.get(timeout=PATIENCE)

    def subscribe(self, *topics):
        self.client.subscribe([(topic, 1) for topic in topics])
        return [code.value for code in self.event()]

    def publish(self, topic, body, qos=1):
        self.client.publish(topic, json.dumps(body), qos)
        return self.event()

    def next(self):
        message = self.heard.get(timeout=PATIENCE)
        return message, json.loads(message.payload)

    def stop(self):
        self.client.disconnect()
        self.client.loop_stop()

    def lose(self):
        """Ends without a goodbye."""
        self.client.loop_stop()
        self.client.socket().close()


def get(path):
    with urllib.request.urlopen(url + path) as response:
        return json.load(response)


def results(day):
    query = urllib.parse.urlencode({"$filter": f"phenomenonTime eq 2021-01-{day:02d}T17:00:00Z"})
    return [value["result"] for value in get(f"/sta/v1.1/Datastreams({stream})/Observations?{query}")["value"]]


def value(day, result):
    return {"phenomenonTime": f"2021-01-{day:02d}T17:00:00Z", "result": result}


topic = f"v1.1/Datastreams({stream})/Observations"
login = ("console", key)

# QoS 1 both ways, in both versions; QoS 2 is taken, and granted as 1.
day = 0
for version in (mqtt.MQTTv311, mqtt.MQTTv5):
    listener = Client(version)
    assert listener.code == 0 and not listener.present
    assert listener.subscribe(topic) == [1]
    writer = Client(version, login=login)
    for qos in (1, 2):
        day += 1
        code, _ = writer.publish(topic, value(day, 1.5 + day), qos)
        assert code == 0, code
        assert results(day) == [1.5 + day], results(day)
        message, heard = listener.next()
        assert (message.topic, message.qos, heard["result"]) == (topic, 1, 1.5 + day), heard
        assert not message.retain
    listener.stop()
    writer.stop()

# What is refused says why: by a code in version 5, under a topic of one's own in the old one.
writer = Client(mqtt.MQTTv5, login=login)
for to, body, expected in [
    (topic, {"phenomenonTime": "2021-01-20T17:00:00Z", "result": 1e9}, 0x99),
    (topic, {"colour": "red"}, 0x99),
    ("v1.1/Things", {"name": "a"}, 0x90),
    ("v1.1/Datastreams(1)/Observations", value(20, 1), 0x90),
    ("another/topic", value(20, 1), 0x90),
]:
    code, properties = writer.publish(to, body)
    assert code.value == expected, (to, body, code)
    assert properties.ReasonString, (to, properties)
writer.stop()
stranger = Client(mqtt.MQTTv5)
words = []
for to in (topic, f"v1.1/Datastreams({hidden})/Observations", "v1.1/Datastreams(1)/Observations"):
    code, properties = stranger.publish(to, value(20, 1))
    words.append((code.value, properties.ReasonString.replace(hidden, "1")))
assert words[0][0] == 0x87 and words[1] == words[2], words
stranger.stop()
writer = Client(login=login)
assert writer.subscribe("cuulong/refused") == [1]
writer.publish(topic, {"phenomenonTime": "2021-01-20T17:00:00Z", "result": 1e9})
_, problem = writer.next()
assert problem["topic"] == topic and problem["status"] == 422 and problem["detail"], problem
writer.stop()
assert results(20) == []

# A session that is kept hears what happened while its client was away, and one that is not does not.
away = Client(name="away", clean=False)
assert away.subscribe(topic) == [1]
away.lose()
writer = Client(mqtt.MQTTv5, login=login)
for result in (7.5, 8.5):
    day += 1
    assert writer.publish(topic, value(day, result))[0] == 0
away = Client(name="away", clean=False)
assert away.present
assert [away.next()[1]["result"] for _ in range(2)] == [7.5, 8.5]
# The same name a second time ends the first connection.
again = Client(name="away", clean=True)
assert not again.present
again.stop()
away.client.loop_stop()
kept = Client(mqtt.MQTTv5, name="five", clean=True, expiry=600)
assert kept.subscribe(topic) == [1]
kept.stop()
kept = Client(mqtt.MQTTv5, name="five", clean=False, expiry=0)
assert kept.present
kept.stop()
kept = Client(mqtt.MQTTv5, name="five", clean=False)
assert not kept.present
kept.stop()

# A last will is an observation like any other.
day += 1
lost = Client(login=login, will=(topic, json.dumps(value(day, 9.5)), 1))
listener = Client()
listener.subscribe(topic)
lost.lose()
assert listener.next()[1]["result"] == 9.5
listener.stop()

# In TLS, by the certificate of the node.
secure = Client(mqtt.MQTTv5, login=login, tls=certificate)
day += 1
assert secure.publish(topic, value(day, 4.5))[0] == 0 and results(day) == [4.5]
secure.stop()

# Through the HTTP port, as pages and networks do that let nothing else through.
for version in (mqtt.MQTTv311, mqtt.MQTTv5):
    page = Client(version, login=login, web=True)
    assert page.code == 0 and page.subscribe(topic) == [1]
    day += 1
    assert page.publish(topic, value(day, 3.5))[0] == 0 and results(day) == [3.5]
    assert page.next()[1]["result"] == 3.5
    page.stop()
try:
    get("/mqtt")
    raise AssertionError("it is no page")
except urllib.error.HTTPError as error:
    assert error.code == 426 and error.headers["upgrade"] == "websocket", error
stranger = Client(login=("console", "not the key"), web=True)
assert stranger.code != 0, stranger.code
stranger.stop()

# Changes of datasets, and messages of WIS 2.0 on the topics of the WMO.
listener = Client()
assert listener.subscribe("cuulong/changes/+", "origin/a/wis2/#") == [1, 1]
day += 1
assert writer.publish(topic, value(day, 5.5))[0] == 0
heard = dict((message.topic, document) for message, document in (listener.next(), listener.next()))
change = heard["cuulong/changes/salt_open"]
assert change["kind"] == "data" and change["added"] == 1, change
told = get("/v1/changes?dataset=salt_open&limit=1000")["items"][-1]
assert (told["id"], told["version"]) == (change["id"], change["version"]), (told, change)
(where,) = [topic for topic in heard if topic.startswith("origin/")]
assert validate_baseline(where) and heard[where]["properties"].get("topic", where) == where, where
suite = WNMTestSuite(heard[where])
for name in dir(suite):
    if name.startswith("test_requirement") and not name.endswith("validation"):
        result = getattr(suite, name)()
        assert result["code"] == "PASSED", (result, heard[where])
listener.stop()
writer.stop()
print("ok")
