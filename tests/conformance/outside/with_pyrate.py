"""fhir-pyrate: gathers persons page by page into a table, with a session that bears the token."""

import requests
from common import FHIR, KNOWN, TOKEN, step
from fhir_pyrate import Pirate

session = requests.Session()
session.headers["Authorization"] = f"Bearer {TOKEN}"
pirate = Pirate(base_url=FHIR, auth=session, num_processes=1)
step("counts", right=pirate.get_bundle_total("Patient", {}) == len(KNOWN))
table = pirate.steal_bundles_to_dataframe("Patient", {"_count": 3})
step("searches, page after page", right=sorted(table["id"]) == sorted(KNOWN), seen=len(table))
teams = pirate.steal_bundles_to_dataframe(
    "CareTeam", {"_count": 5}, fhir_paths=["id", ("subject", "subject.reference")]
)
step("reads circles by FHIRPath", right=set(teams["id"]) <= set(KNOWN) and len(teams) > 0)
some = pirate.steal_bundles_to_dataframe(
    "Communication", {"_sort": "-sent", "_count": 5}, num_pages=2
)
step("reads the newest messages", right=len(some) <= 10, seen=len(some))
print("DONE")
