"""OWSLib reads the ISO 19139 metadata of every dataset."""
import json
import sys
import urllib.request

from lxml import etree
from owslib.iso import MD_Metadata
from owslib.iso3 import MD_Metadata as MD_Metadata3

base = sys.argv[1]


def get(path):
    with urllib.request.urlopen(base + path) as response:
        return response.read()


for item in json.loads(get("/v1/datasets?limit=1000"))["items"]:
    read = MD_Metadata(etree.fromstring(get(f"/iso/{item['id']}.xml")))
    assert read.identifier == item["urn"], read.identifier
    assert read.identification[0].title == item["title"]["vi"], read.identification[0].title
    assert read.identification[0].abstract and read.stdname, item["id"]
    assert read.contact[0].organization, item["id"]
    newer = MD_Metadata3(etree.fromstring(get(f"/iso/{item['id']}.xml?standard=19115-3")))
    assert newer.identifier == item["urn"], newer.identifier
    assert newer.identification[0].title == item["title"]["vi"], newer.identification[0].title
    # A dataset that is known of and not open offers nothing to take.
    ways = [len(of.distribution.online) if of.distribution else 0 for of in (read, newer)]
    assert ways[0] == ways[1] and (ways[0] > 0) == (item["access"] == "open"), (item["id"], ways)
salinity = MD_Metadata(etree.fromstring(get("/iso/salinity_2h.xml")))
box = salinity.identification[0].bbox
assert 103 < float(box.minx) < float(box.maxx) < 109, box.minx
assert salinity.identification[0].topiccategory == ["inlandWaters"], salinity.identification[0].topiccategory
assert salinity.identification[0].temporalextent_start, "when"
print("ok")
