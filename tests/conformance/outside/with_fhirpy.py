"""fhirpy: searches page by page, creates, updates with If-Match, conditional create."""

from common import FHIR, KNOWN, TOKEN, relative, same, step
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound

client = SyncFHIRClient(FHIR, authorization=f"Bearer {TOKEN}")
found = [one.id for one in client.resources("Patient").limit(3)]
step("searches, page after page", right=sorted(found) == sorted(KNOWN), seen=found)
person = client.reference("Patient", KNOWN[0]).to_resource()
step("reads", right=person["resourceType"] == "Patient", seen=person)
sent = relative(KNOWN[0], "fhirpy")
made = client.resource("RelatedPerson", **{k: v for k, v in sent.items() if k != "resourceType"})
made.save()
read = client.reference("RelatedPerson", made.id).to_resource().serialize()
step("creates, and reads back what it sent", right=same(sent, read), seen=read)
version = read["meta"]["versionId"]
read["telecom"][0]["value"] = "0699999999"
matched = SyncFHIRClient(
    FHIR, authorization=f"Bearer {TOKEN}", extra_headers={"If-Match": f'W/"{version}"'}
)
after = matched.execute(f"RelatedPerson/{made.id}", method="put", data=read)
step("updates with If-Match", right=after["telecom"][0]["value"] == "0699999999", seen=after)
try:
    matched.execute(f"RelatedPerson/{made.id}", method="put", data={**read, "telecom": []})
    refused = "it was taken"
except MultipleResourcesFound as reason:  # its word for any 412
    refused = str(reason)
step("is refused an old version", right="version" in refused, seen=refused)
twice = client.resources("RelatedPerson").search(identifier="urn:conformance|fhirpy")
step("finds it by its identifier", right=[one.id for one in twice.fetch_all()] == [made.id])
made.delete()
print("DONE")
