"""fhirclient: SMART App Launch, standalone: a user signs in, agrees, and the application acts."""

import os
import re
from urllib.parse import urljoin

import requests
from common import FHIR, relative, same, step
from fhirclient import client
from fhirclient.models.patient import Patient
from fhirclient.models.relatedperson import RelatedPerson

SITE = os.environ["SITE"]
BACK = os.environ["BACK"]
settings = {
    "app_id": os.environ["APP"], "app_secret": os.environ["APP_SECRET"], "api_base": FHIR,
    "redirect_uri": BACK, "scope": "openid fhirUser user/Patient.rs user/RelatedPerson.cruds",
}  # fmt: skip


def field(page: str) -> str:
    """The token of a form."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page[:500]
    return found.group(1)


def agreed(address: str) -> str:
    """What a browser does: sign in as somebody of the demo, agree, and come back."""
    browser = requests.Session()
    page = browser.get(f"{SITE}/demo/", timeout=30).text
    form = {"username": os.environ["USERNAME"], "csrfmiddlewaretoken": field(page)}
    browser.post(f"{SITE}/demo/connexion", form, timeout=30)
    page = browser.get(address, timeout=30).text
    form = {"decision": "allow", "csrfmiddlewaretoken": field(page)}
    answer = browser.post(
        address, form, headers={"Referer": address}, timeout=30, allow_redirects=False
    )
    return urljoin(address, answer.headers.get("Location", answer.text[:500]))


smart = client.FHIRClient(settings=settings)
smart.prepare()
back = agreed(smart.authorize_url)
step("is agreed to by a user", right=back.startswith(BACK) and "code=" in back, seen=back)
smart.handle_callback(back)
step("exchanges its code", right=smart.ready)
found = Patient.where(struct={"_count": "3"}).perform_resources(smart.server)
step("searches", right=len(found) > 0)
person = Patient.read(found[0].id, smart.server)
step("reads", right=person.as_json() == found[0].as_json())
sent = relative(person.id, "fhirclient")
made = RelatedPerson(sent)
said = made.create(smart.server)
key = said["id"]
read = RelatedPerson.read(key, smart.server)
step("creates, and reads back what it sent", right=same(sent, read.as_json()), seen=read.as_json())
smart.server.session.headers["If-Match"] = f'W/"{read.meta.versionId}"'
read.telecom[0].value = "0699999999"
after = read.update(smart.server)
step("updates with If-Match", right=after["telecom"][0]["value"] == "0699999999", seen=after)
del smart.server.session.headers["If-Match"]
read.delete(smart.server)
print("DONE")
