"""ckanapi dumps every dataset, searches without marks, and reads rows of the DataStore."""
import json
import os
import subprocess
import sys

import ckanapi

base = sys.argv[1] + "/ckan"
ckan = ckanapi.RemoteCKAN(base)
names = ckan.action.package_list()
# The command starts workers of itself by its name.
environment = dict(os.environ, PATH=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
dump = subprocess.run(
    ["ckanapi", "dump", "datasets", "--all", "-r", base, "-p", "2", "-q"], capture_output=True, env=environment
)
assert dump.returncode == 0, dump.stderr.decode()
dumped = [json.loads(line) for line in dump.stdout.splitlines()]
assert sorted(d["name"] for d in dumped) == sorted(names) and names, (names, len(dumped))
for package in dumped:
    access = next(extra["value"] for extra in package["extras"] if extra["key"] == "access")
    # A dataset that is known of and not open offers nothing to take.
    assert bool(package["resources"]) == (access == "open"), (package["name"], access)
    assert package["organization"]["name"] == package["owner_org"], package["name"]

assert ckan.action.status_show()["site_title"] and ckan.action.site_read() is True
found = ckan.action.package_search(q="do man", rows=3, sort="name asc", **{"facet.field": ["organization", "groups"]})
assert found["count"] >= 1 and len(found["results"]) <= 3, found["count"]
assert sum(found["facets"]["groups"].values()) == found["count"], found["facets"]
one = ckan.action.package_show(id="salinity_2h")
assert one["extras"] and one["license_id"] == "CC0-1.0", one
assert ckan.action.organization_show(id=one["owner_org"], include_datasets=True)["package_count"] >= 1
assert "water" in ckan.action.group_list() and ckan.action.group_show(id="water")["name"] == "water"
assert "salinity" in ckan.action.tag_list(), ckan.action.tag_list()
assert any(l["id"] == "CC-BY-4.0" for l in ckan.action.license_list())
resource = ckan.action.resource_show(id="salinity_2h")
assert resource["datastore_active"] and resource["package_id"] == "salinity_2h", resource

info = ckan.action.datastore_info(id="salinity_2h")
assert {"place", "property", "phenomenon_time", "result"} <= {f["id"] for f in info["fields"]}, info
rows = ckan.action.datastore_search(
    resource_id="salinity_2h", filters={"place": "station:cau_noi"}, sort="phenomenon_time desc", limit=5,
    fields=["phenomenon_time", "result", "place"])
assert len(rows["records"]) == 5 and rows["total"] > 5, rows["total"]
assert all(r["place"] == "station:cau_noi" for r in rows["records"]), rows["records"]
sql = ckan.action.datastore_search_sql(
    sql="SELECT count(*) AS n FROM \"salinity_2h\" WHERE place = 'station:cau_noi'")
assert sql["records"] == [{"n": rows["total"]}], sql
for action, arguments, error in [
    ("package_show", {"id": "no_such"}, ckanapi.NotFound),
    ("datastore_search", {"resource_id": "salinity_2h", "filters": {"nothing": 1}}, ckanapi.ValidationError),
    ("package_search", {"sort": "colour asc"}, ckanapi.errors.SearchQueryError),
    ("datastore_search", {"resource_id": "salinity_2h", "limit": -1}, ckanapi.ValidationError),
]:
    try:
        ckan.call_action(action, arguments)
        raise AssertionError(f"{action} {arguments} was answered")
    except error:
        pass
print("ok")
