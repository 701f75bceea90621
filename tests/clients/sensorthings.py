"""frost_sta_client reads SensorThings 1.1."""
import json
import sys
import urllib.parse
import urllib.request

import frost_sta_client as fsc

url = sys.argv[1] + "/sta/v1.1"
service = fsc.SensorThingsService(url)
things = service.things().query().list()
assert len(things.entities) > 10, len(things.entities)
thing = service.things().find("station:tra_vinh")
assert thing.name == "Trà Vinh", thing.name
streams = thing.get_datastreams().query().filter("properties/dataset eq 'salinity_2h'").list()
assert len(streams.entities) >= 1
stream = streams.entities[0]
observations = (
    stream.get_observations()
    .query()
    .filter("phenomenonTime ge 2020-02-01T00:00:00Z and phenomenonTime lt 2020-02-02T00:00:00Z")
    .orderby("phenomenonTime", "asc")
    .list()
)
values = [observation.result for observation in observations.entities]
assert 10 <= len(values) <= 24, len(values)


def get(path):
    with urllib.request.urlopen(url + path) as response:
        return json.load(response)


counted = get("/Observations?$count=true&$top=3".replace("$", "%24"))
assert counted["@iot.count"] > 10000 and len(counted["value"]) == 3 and "@iot.nextLink" in counted
query = urllib.parse.urlencode({"$expand": "Locations,Datastreams($expand=ObservedProperty;$top=1)", "$top": 2})
expanded = get("/Things?" + query)
assert len(expanded["value"]) == 2
assert "Locations" in expanded["value"][0] and "Datastreams" in expanded["value"][0]
print("ok")
