"""Sickle harvests every record in every format, over resumption tokens, and from a day on."""
import sys

from sickle import Sickle
from sickle.oaiexceptions import BadArgument, CannotDisseminateFormat, IdDoesNotExist, NoRecordsMatch

sickle = Sickle(sys.argv[1] + "/oai")
identity = sickle.Identify()
assert identity.protocolVersion == "2.0" and identity.deletedRecord == "persistent", identity
formats = {f.metadataPrefix for f in sickle.ListMetadataFormats()}
assert formats == {"oai_dc", "iso19139", "dcat"}, formats
sets = {s.setSpec for s in sickle.ListSets()}
assert "theme:water" in sets, sets
every = None
for prefix in sorted(formats):
    records = list(sickle.ListRecords(metadataPrefix=prefix))
    names = [r.header.identifier for r in records]
    assert len(names) == len(set(names)) > 0, names
    every = every or sorted(names)
    assert sorted(names) == every, prefix
    stamps = [r.header.datestamp for r in records]
    assert stamps == sorted(stamps), "the order of changes"
headers = [h.identifier for h in sickle.ListIdentifiers(metadataPrefix="oai_dc")]
assert sorted(headers) == every
water = [h.identifier for h in sickle.ListIdentifiers(metadataPrefix="oai_dc", set="theme:water")]
assert 0 < len(water) < len(every), water
one = sickle.GetRecord(identifier="urn:cuulong:dataset:salinity_2h", metadataPrefix="oai_dc")
assert one.metadata["rights"] and one.metadata["title"], one.metadata
stamp = one.header.datestamp
again = sickle.ListIdentifiers(**{"metadataPrefix": "oai_dc", "from": stamp, "until": stamp})
assert one.header.identifier in {h.identifier for h in again}, "a record is in the second of its stamp"
for call, error in [
    (lambda: sickle.ListRecords(metadataPrefix="oai_dc", **{"from": "2999-01-01"}), NoRecordsMatch),
    (lambda: sickle.ListRecords(metadataPrefix="marc"), CannotDisseminateFormat),
    (lambda: sickle.ListRecords(metadataPrefix="oai_dc", **{"from": "yesterday"}), BadArgument),
    (lambda: sickle.GetRecord(identifier="urn:x", metadataPrefix="oai_dc"), IdDoesNotExist),
]:
    try:
        call()
        raise AssertionError("a wrong request was answered")
    except error:
        pass
print("ok")
