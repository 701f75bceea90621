"""QGIS opens what it is given by address: features of OGC API, in a box too, and vector tiles that it draws.
Run by the Python that QGIS comes with."""
import json
import os
import sys
import urllib.request

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (QgsApplication, QgsCoordinateReferenceSystem, QgsDataSourceUri, QgsFeatureRequest,
                       QgsMapRendererSequentialJob, QgsMapSettings, QgsRectangle, QgsVectorLayer,
                       QgsVectorTileLayer)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

base = sys.argv[1] + "/ogc"
BOX = (105.5, 9.5, 106.5, 10.5)
WHITE = QColor(255, 255, 255)
SIDE = 256


def matched(collection, box=None):
    query = "&bbox=" + ",".join(map(str, box)) if box else ""
    with urllib.request.urlopen(f"{base}/collections/{collection}/items?limit=1{query}") as answer:
        return json.load(answer)["numberMatched"]


def drawn(layer):
    """How many pixels of a map of the delta are not white."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    settings.setExtent(QgsRectangle(11600000, 930000, 11930000, 1260000))
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setBackgroundColor(WHITE)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    assert not job.errors(), [error.message for error in job.errors()]
    image = job.renderedImage()
    return sum(image.pixelColor(x, y) != WHITE for x in range(SIDE) for y in range(SIDE))


def features(collection):
    layer = QgsVectorLayer(f"url='{base}' typename='{collection}' pageSize='50'", collection, "OAPIF")
    assert layer.isValid(), collection
    count = matched(collection)
    assert layer.featureCount() == count, (collection, layer.featureCount(), count)
    read = list(layer.getFeatures())
    assert len({feature["id"] for feature in read}) == len(read) == count, (collection, len(read), count)
    inside = sum(1 for _ in layer.getFeatures(QgsFeatureRequest(QgsRectangle(*BOX))))
    assert inside == matched(collection, BOX), (collection, inside)
    return count


def tiles(collection):
    source = QgsDataSourceUri()
    for name, value in [("type", "xyz"), ("zmin", "0"), ("zmax", "14"),
                        ("url", f"{base}/collections/{collection}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}")]:
        source.setParam(name, value)
    layer = QgsVectorTileLayer(bytes(source.encodedUri()).decode(), collection)
    assert layer.isValid(), collection
    return drawn(layer)


QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
for collection in ["stations", "isohaline_4gl", "places", "monitoring_stations"]:
    assert features(collection) > 0, collection
for collection in ["stations", "isohaline_4gl"]:
    assert tiles(collection) > 20, collection
application.exitQgis()
print("ok")
