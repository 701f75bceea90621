"""pyshacl finds the catalogue to be DCAT-AP 3; its three writings are one graph; downloads answer."""
import pathlib
import sys
import urllib.request

from pyshacl import validate
from rdflib import DCAT, DCTERMS, Graph, Namespace, RDF, URIRef
from rdflib.compare import isomorphic

base = sys.argv[1]
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
PROV = Namespace("http://www.w3.org/ns/prov#")
shapes = Graph().parse(pathlib.Path(__file__).parent / "shapes" / "dcat_ap.ttl")


def read(url, media_type="text/turtle", form="turtle"):
    request = urllib.request.Request(url, headers={"Accept": media_type})
    with urllib.request.urlopen(request) as response:
        assert response.headers["Content-Type"].split(";")[0] == media_type, response.headers["Content-Type"]
        return Graph().parse(data=response.read(), format=form)


def conforms(graph, what):
    ok, _, words = validate(graph, shacl_graph=shapes, allow_infos=True, allow_warnings=True)
    assert ok, f"{what}: {words}"


whole = None
for url in ["/dcat", "/dcat.ttl", "/dcat.jsonld", "/dcat.rdf"]:
    kinds = {"jsonld": ("application/ld+json", "json-ld"), "rdf": ("application/rdf+xml", "xml")}
    media_type, form = kinds.get(url.rsplit(".", 1)[-1], ("text/turtle", "turtle"))
    graph = read(base + url, media_type, form)
    conforms(graph, url)
    # The pages of each writing name themselves.
    graph -= [t for t in graph if t[1] == HYDRA.view or (t[0], RDF.type, HYDRA.PartialCollectionView) in graph]
    if whole is None:
        whole = graph
    assert isomorphic(whole, graph), url

datasets = {str(d) for d in whole.subjects(RDF.type, DCAT.Dataset) if "/versions/" not in str(d)}
assert any(d.endswith("/salinity_2h") for d in datasets), datasets

# Page by page, every dataset once.
seen, url = [], base + "/dcat.ttl?limit=2"
while url:
    page = read(url)
    conforms(page, url)
    seen += [str(d) for d in page.objects(URIRef(base + "/dcat"), DCAT.dataset)]
    url = next((str(n) for n in page.objects(predicate=HYDRA.next)), None)
assert sorted(seen) == sorted(datasets), (sorted(seen), sorted(datasets))

# Each dataset in each writing, its versions, and a product with what it was made from.
for dataset in sorted(datasets):
    turtle = read(dataset)
    conforms(turtle, dataset)
    assert isomorphic(turtle, read(dataset + ".rdf", "application/rdf+xml", "xml")), dataset
    assert isomorphic(turtle, read(dataset + ".jsonld", "application/ld+json", "json-ld")), dataset
    versions = list(turtle.objects(URIRef(dataset), DCAT.hasVersion))
    assert versions, dataset
    conforms(read(str(versions[0])), versions[0])
    for file in turtle.objects(predicate=DCAT.accessURL):
        with urllib.request.urlopen(str(file)) as response:
            assert response.status == 200 and response.read(1), file
product = read(base + "/dcat/datasets/salinity_daily_max")
used = list(product.objects(predicate=PROV.used))
assert used and all("/versions/" in str(u) for u in used), used
# Every IRI of this node that a document names leads somewhere.
for node in {str(n) for t in product for n in t if isinstance(n, URIRef) and str(n).startswith(base)}:
    with urllib.request.urlopen(node.split("#")[0]) as response:
        assert response.status == 200, node
print("ok")
