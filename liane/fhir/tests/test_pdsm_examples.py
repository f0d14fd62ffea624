"""The examples of PDSm: taken with a content that is what they say, read back equal, found."""

import json

import pytest

from liane.fhir.tests.api import shared
from liane.fhir.tests.test_examples import plain
from liane.fhir.tests.test_pdsm import PDF, b64, sha1

pytestmark = pytest.mark.django_db


def test_the_guide_s_document(api, odette, claire):
    """Its PDF reads « Hello World », its size and its hash are those of another file."""
    received = json.loads(shared("examples/pdsm/DocumentReference-PDSmSimplifiedExample.json")
                          .read_text())  # fmt: skip
    received["subject"]["reference"] = f"Patient/{odette.pk}"
    assert api.post("DocumentReference", received).status == 422
    received["content"][0]["attachment"] |= {"data": b64(PDF), "hash": sha1(PDF)}
    made = api.post("DocumentReference", received)
    assert made.status == 201, made.body
    read = api.get(f"DocumentReference/{made.body['id']}").body
    expected = plain(received)
    attachment = expected["content"][0]["attachment"]
    del attachment["data"]
    attachment["url"] = read["content"][0]["attachment"]["url"]
    assert plain(read) == expected
    assert api.get(attachment["url"], accept="application/pdf").raw == PDF
    for query in (
        "type=15507-7", "setting=ETABLISSEMENT", "facility=SA05", "status=current",
        "category=https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/"
        "TRE-A03-ClasseDocument|10", "format=urn:ihe:iti:xds-sd:pdf:2008", "language=fr-FR",
    ):  # fmt: skip
        assert [one["id"] for one in api.get(f"DocumentReference?{query}").found] == [read["id"]]


def test_the_guide_s_folder(api, odette):
    received = json.loads(shared("examples/pdsm/List-ExampleFolder.json").read_text())
    received["subject"]["reference"] = f"Patient/{odette.pk}"
    made = api.post("List", received)
    assert made.status == 201, made.body
    key = made.body["id"]
    assert plain(api.get(f"List/{key}").body) == plain(received)
    for query in (
        "code=folder", "date=2025-04-28", "title=classeur", "status=current",
        "designationType=http://snomed.info/sct|80146002", "notes=appendicectomie",
        "identifier=urn:ietf:rfc:3986|urn:uuid:77777777-dddd-eeee-ffff-888888888888",
    ):  # fmt: skip
        assert [one["id"] for one in api.get(f"List?{query}").found] == [key], query


def test_the_guide_s_binary(api):
    received = json.loads(shared("examples/pdsm/Binary-6789.json").read_text())
    assert api.post("Binary", received).status == 422
    received["data"] = b64(PDF)
    made = api.post("Binary", received)
    assert plain(api.get(f"Binary/{made.body['id']}").body) == plain(received)
