"""frost_sta_client builds up a station, sends values, corrects and deletes them."""
import sys

import frost_sta_client as fsc
import requests

url, key = sys.argv[1] + "/sta/v1.1", sys.argv[2]


class Bearer(requests.auth.AuthBase):
    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {key}"
        return request


class Key(fsc.AuthHandler):
    def add_auth_header(self):
        return Bearer()


service = fsc.SensorThingsService(url, auth_handler=Key())
thing = fsc.Thing(name="Trạm thử", description="Một trạm để thử", properties={"owner": "a test"})
service.create(thing)
assert thing.id == "sta:tram_thu", thing.id
location = fsc.Location(
    name="Bờ trái",
    description="Cạnh cầu",
    encoding_type="application/geo+json",
    location={"type": "Point", "coordinates": [106.1, 9.9]},
    things=fsc.EntityList(entity_class="frost_sta_client.model.thing.Thing", entities=[thing]),
)
service.create(location)
assert location.id == thing.id, location.id
sensor = fsc.Sensor(name="Đầu đo", description="Đo độ dẫn", encoding_type="text/html", metadata="https://example.org")
service.create(sensor)
stream = fsc.Datastream(
    name="Độ mặn ở trạm thử",
    description="Mỗi giờ",
    observation_type="http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
    unit_of_measurement=fsc.UnitOfMeasurement("gram per litre", "g/L", "https://ucum.org/ucum#g/L"),
    properties={"dataset": "salinity_2h", "statistic": "instant", "depth": 2},
    thing=thing,
    sensor=sensor,
    observed_property=service.observed_properties().find("salinity"),
)
service.create(stream)
assert isinstance(stream.id, int), stream.id
read = service.datastreams().find(stream.id)
assert (read.name, read.description) == (stream.name, stream.description), read.name
assert read.unit_of_measurement.name == "gram per litre"
assert read.properties["depth"] == 2 and read.properties["dataset"] == "salinity_2h"

for hour in range(5):
    observation = fsc.Observation(
        phenomenon_time=f"2020-03-01T0{hour}:00:00Z", result=1.5 + hour, datastream=fsc.Datastream(id=stream.id)
    )
    service.create(observation)
array = fsc.DataArrayValue()
array.datastream = stream
array.components = {fsc.DataArrayValue.Property.PHENOMENON_TIME, fsc.DataArrayValue.Property.RESULT}
for hour in range(5, 9):
    array.add_observation(fsc.Observation(phenomenon_time=f"2020-03-01T0{hour}:00:00Z", result=1.5 + hour))
document = fsc.DataArrayDocument()
document.add_data_array_value(array)
made = service.observations().create(document)
assert len(made) == 4, made

# Orders as the client writes them by default (`DESC`), over pages.
pages = read.get_observations().query().top(2).orderby("phenomenonTime").list()
results = [observation.result for observation in pages]
assert results == [9.5, 8.5, 7.5, 6.5, 5.5, 4.5, 3.5, 2.5, 1.5], results
assert read.get_observations().query().count().top(1).list().count == 9

last = pages.entities[0]
last.result = 9.25
service.update(last)
assert service.observations().find(last.id).result == 9.25
service.patch(service.observations().find(last.id), [{"op": "replace", "path": "/result", "value": 9.125}])
assert service.observations().find(last.id).result == 9.125
service.delete(last)
assert read.get_observations().query().count().top(0).list().count == 8
thing.description = "Đã sửa"
service.update(thing)
assert service.things().find(thing.id).description == "Đã sửa"
expanded = service.things().query().filter("id eq 'sta:tram_thu'").expand("Locations,Datastreams($expand=Sensor)").list()
found = expanded.entities[0]
assert found.locations.entities[0].location["coordinates"] == [106.1, 9.9]
assert found.datastreams.entities[0].sensor.name == "Đầu đo"
print("ok")
