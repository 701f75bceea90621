"""QGIS and GDAL open tables over the PostgreSQL protocol as they open those of PostGIS: features and places with their
geometry, observations without, whole and in a box, one by its key, and the list of what there is.
Run by the Python that QGIS comes with."""
import json
import os
import sys
import urllib.request

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from osgeo import ogr
from qgis.core import (QgsApplication, QgsDataSourceUri, QgsExpression, QgsFeatureRequest, QgsGeometry,
                       QgsProviderRegistry, QgsRectangle, QgsVectorLayer, QgsWkbTypes)

port, base, key = sys.argv[1:4]
BOX = (105.5, 9.5, 106.5, 10.5)


def source(user, password, schema="", table="", geometry="", keys="", estimated=False):
    uri = QgsDataSourceUri()
    uri.setConnection("127.0.0.1", port, "cuulong", user, password, QgsDataSourceUri.SslRequire)
    uri.setDataSource(schema, table, geometry, "", keys)
    uri.setUseEstimatedMetadata(estimated)
    return uri


def opened(table, geometry="geometry", **more):
    layer = QgsVectorLayer(source("lan", key, "public", table, geometry, **more).uri(False), table, "postgres")
    assert layer.isValid(), (table, layer.error().message(), layer.dataProvider() and layer.dataProvider().error().message())
    return layer


def matched(collection, box=None):
    query = "&bbox=" + ",".join(map(str, box)) if box else ""
    with urllib.request.urlopen(f"{base}/ogc/collections/{collection}/items?limit=1{query}") as answer:
        return json.load(answer)["numberMatched"]


def features(table, kind, identity):
    layer = opened(table)
    count = matched(table)
    assert layer.featureCount() == count > 0, (table, layer.featureCount(), count)
    assert layer.crs().authid() == "EPSG:4326", layer.crs().authid()
    assert QgsWkbTypes.displayString(layer.wkbType()) == kind, QgsWkbTypes.displayString(layer.wkbType())
    assert [layer.fields()[at].name() for at in layer.dataProvider().pkAttributeIndexes()] == [identity]
    extent = layer.extent()
    assert 100 < extent.xMinimum() <= extent.xMaximum() < 112 and 7 < extent.yMinimum() <= extent.yMaximum() < 24, extent.toString()
    read = list(layer.getFeatures())
    assert len({feature[identity] for feature in read}) == len(read) == count, (table, len(read))
    assert all(feature.hasGeometry() and feature.geometry().isGeosValid() for feature in read), table
    inside = list(layer.getFeatures(QgsFeatureRequest(QgsRectangle(*BOX))))
    assert len(inside) == matched(table, BOX), (table, len(inside))
    exact = QgsFeatureRequest(QgsRectangle(*BOX)).setFlags(QgsFeatureRequest.ExactIntersect)
    box = QgsGeometry.fromRect(QgsRectangle(*BOX))
    meeting = {feature[identity] for feature in read if feature.geometry().intersects(box)}
    assert {feature[identity] for feature in layer.getFeatures(exact)} == meeting, table
    # One and several by their numbers in QGIS, which stand for the key; and by what is said of them.
    some = read[:3]
    for asked in (QgsFeatureRequest(some[0].id()), QgsFeatureRequest([feature.id() for feature in some])):
        found = {feature[identity]: feature.attributes() for feature in layer.getFeatures(asked)}
        assert found and all(found.get(feature[identity], feature.attributes()) == feature.attributes() for feature in some)
    wanted = QgsExpression(f"\"{identity}\" = {QgsExpression.quotedValue(some[1][identity])}")
    assert [feature[identity] for feature in layer.getFeatures(QgsFeatureRequest(wanted))] == [some[1][identity]]
    assert len(layer.dataProvider().uniqueValues(layer.fields().indexOf(identity))) == count
    estimated = opened(table, estimated=True)
    assert abs(estimated.extent().xMinimum() - extent.xMinimum()) < 1e-6, estimated.extent().toString()
    return layer


def by_gdal():
    """GDAL, which QGIS comes with, reads by its own driver; what it opens is closed before QGIS begins."""
    ogr.UseExceptions()
    database = ogr.Open(f"PG:host=127.0.0.1 port={port} user=lan password={key} dbname=cuulong sslmode=require")
    names = {database.GetLayerByIndex(at).GetName() for at in range(database.GetLayerCount())}
    assert {"monitoring_stations", "place", "areas"} <= names and "hidden" not in names, names
    layer = database.GetLayerByName("monitoring_stations")
    assert layer.GetSpatialRef().GetAuthorityCode(None) == "4326" and ogr.GeometryTypeToName(layer.GetGeomType()) == "Point"
    layer.SetSpatialFilterRect(*BOX)
    assert layer.GetFeatureCount() == matched("monitoring_stations", BOX) == sum(1 for _ in layer)
    selected = database.ExecuteSQL("select name, geometry from place where scheme = 'station' and geometry is not null limit 2")
    assert [ogr.GeometryTypeToName(one.GetGeometryRef().GetGeometryType()) for one in selected] == ["Point", "Point"]
    database.ReleaseResultSet(selected)


by_gdal()
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()

features("monitoring_stations", "Point", "feature")
# A table of polygons of one part and of several has no one kind: QGIS finds out what there is.
areas = opened("areas")
assert areas.featureCount() == 2 and all(one.hasGeometry() for one in areas.getFeatures()), areas.featureCount()
assert QgsWkbTypes.geometryType(areas.wkbType()) == QgsWkbTypes.PolygonGeometry
assert sorted(round(one.geometry().area(), 3) for one in areas.getFeatures()) == [0.01, 0.02]
# Stations and units are places, with a position where one is known.
places = opened("place")
stations = QgsFeatureRequest(QgsExpression("\"scheme\" = 'station'"))
positions = [place for place in places.getFeatures(stations) if place.hasGeometry()]
assert places.featureCount() > 100 and len(positions) > 5 and positions[0]["name"], len(positions)
assert QgsWkbTypes.displayString(places.wkbType()) == "Point"
near = QgsFeatureRequest(QgsRectangle(*BOX))
assert {place["place"] for place in places.getFeatures(near)} == {
    place["place"] for place in places.getFeatures()
    if place.hasGeometry() and QgsRectangle(*BOX).contains(place.geometry().asPoint())
}
# Observations are a table without geometry, told apart by datastream and time.
observations = opened("salinity_2h", "")
assert observations.featureCount() > 1_000
assert {observations.fields()[at].name() for at in observations.dataProvider().pkAttributeIndexes()} == {
    "datastream", "phenomenon_time"
}
first = next(observations.getFeatures(QgsFeatureRequest().setLimit(1)))
assert isinstance(first["result"], float) and first["phenomenon_time"].isValid(), first.attributes()
# A query as a layer, with values beside the places where they were measured.
statement = (
    "(select p.place, p.name, p.geometry, max(o.result) as highest from salinity_2h o"
    " join place p on p.place = o.place group by p.place, p.name, p.geometry)"
)
query = QgsVectorLayer(source("lan", key, "", statement, "geometry", "place").uri(False), "highest", "postgres")
assert query.isValid(), query.error().message()
highest = list(query.getFeatures())
assert highest and query.crs().authid() == "EPSG:4326" and all(one["highest"] > 0 for one in highest)
assert QgsWkbTypes.displayString(query.wkbType()) == "Point", QgsWkbTypes.displayString(query.wkbType())

metadata = QgsProviderRegistry.instance().providerMetadata("postgres")
connection = metadata.createConnection(source("lan", key).connectionInfo(False), {})
assert "public" in connection.schemas(), connection.schemas()
listed = {table.tableName(): table for table in connection.tables("public")}
for name, column, kind, keys in [
    ("monitoring_stations", "geometry", "Point", ["feature"]),
    ("place", "geometry", "Point", ["place"]),
    ("areas", "geometry", "MultiSurface", ["feature"]),
    ("salinity_2h", "", "NoGeometry", ["datastream", "phenomenon_time"]),
]:
    table = listed[name]
    types = [(QgsWkbTypes.displayString(one.wkbType), one.crs.authid()) for one in table.geometryColumnTypes()]
    assert (table.geometryColumn(), table.primaryKeyColumns()) == (column, keys), (name, table.primaryKeyColumns())
    assert types == [(kind, "EPSG:4326" if column else "")], (name, types)
assert "2020" in listed["salinity_2h"].comment(), listed["salinity_2h"].comment()
assert "hidden" not in listed and not QgsVectorLayer(source("lan", key, "public", "hidden", "").uri(False), "hidden", "postgres").isValid()
rows = connection.executeSql("select count(*), max(result) from salinity_2h")
assert rows[0][0] == observations.featureCount(), rows
application.exitQgis()
print("ok")
