"""The national directory asked when ours knows nobody: a stand-in server with the ANS examples."""

import copy
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from liane.core.acting import acting, system
from liane.directory import importing
from liane.directory.annuaire import client, services
from liane.directory.models import Change, Organisation, Practice, Professional
from liane.directory.search import search
from tests import factories
from tests.serving import serving

pytestmark = pytest.mark.django_db
MAILBOX = "arthur.saucier@medecin.mssante.fr"


def examples() -> dict[str, list[dict[str, Any]]]:
    """The ANS examples by kind; the key of their RPPS number is put right, a mailbox is added."""
    here = Path(__file__).resolve()
    folders = (one / "shared/data/fhir/examples/annuaire" for one in here.parents)
    folder = next((one for one in folders if one.is_dir()), None)
    if folder is None:
        pytest.skip("no ../shared/data beside this checkout")
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(folder.glob("*.json")):
        one = json.loads(file.read_text(encoding="utf-8").replace("10003461033", "10003461034"))
        found.setdefault(one["resourceType"], []).append(one)
    found["PractitionerRole"][0]["telecom"] = [{"system": "email", "value": MAILBOX}]
    return found


class Stand(BaseHTTPRequestHandler):
    """Enough of an Annuaire Santé: name, identifier and _id of professionals, _id of places."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append((self.path, dict(self.headers)))
        time.sleep(server.slow)
        kind, query = (
            urlsplit(self.path).path.rpartition("/")[2],
            parse_qs(urlsplit(self.path).query),
        )
        body = server.body if server.body is not None else json.dumps(self.bundle(kind, query))
        self.send_response(server.status)
        if server.status == 302:
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
        self.end_headers()
        self.wfile.write(body.encode())

    def bundle(self, kind: str, query: dict[str, list[str]]) -> dict[str, Any]:
        data: dict[str, Any] = self.server.data  # type: ignore[attr-defined]
        rows = data.get(kind, [])
        if "_id" in query:
            rows = [one for one in rows if one["id"] in query["_id"][0].split(",")]
        if "name" in query:
            wanted = query["name"][0].lower().split()
            rows = [
                one for one in rows if any(w in json.dumps(one["name"]).lower() for w in wanted)
            ]
        if "identifier" in query:
            rows = [one for one in rows if query["identifier"][0] in json.dumps(one["identifier"])]
        if "_revinclude" in query:
            ids = {f"Practitioner/{one['id']}" for one in rows}
            rows = rows + [
                one for one in data["PractitionerRole"] if one["practitioner"]["reference"] in ids
            ]
        return {"resourceType": "Bundle", "entry": [{"resource": one} for one in rows]}

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def stand(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stand)
    server.asked, server.slow, server.status = [], 0, 200  # type: ignore[attr-defined]
    server.body, server.data = None, examples()  # type: ignore[attr-defined]
    settings.LIANE_ANNUAIRE_URL = f"http://127.0.0.1:{server.server_port}/fhir/v2"
    settings.LIANE_ANNUAIRE_KEY = "cle-de-test"
    with serving(server):
        yield server


@pytest.fixture
def claire(sign_in):
    factories.practice("claire")
    return sign_in("claire")


def test_nobody_here_leads_to_the_national_directory(stand, claire):
    text = claire.get("/annuaire/", {"q": "saucier"}).content.decode()
    assert "Chercher dans l’annuaire national" in text
    assert "/annuaire/national/?q=saucier" in text
    assert stand.asked == []


def test_what_it_says_is_shown_and_kept_with_source_and_date(stand, claire):
    text = claire.get("/annuaire/national/", {"q": "Saucier"}).content.decode()
    for words in ("Arthur Saucier", "10003461034", "CH EURE-SEINE", MAILBOX):
        assert words in text
    assert not Professional.objects.filter(rpps="10003461034").exists()
    answer = claire.post("/annuaire/national/ajouter", {"id": "334081"}, follow=True)
    assert "Arthur Saucier" in answer.content.decode()
    person = Professional.objects.get(rpps="10003461034")
    practice = Practice.objects.get(professional=person)
    assert (practice.email, practice.organisation.name) == (MAILBOX, "CH EURE-SEINE")
    assert (practice.organisation.kind, practice.organisation.insee) == ("hospital", "75114")
    source = Change.objects.get(object_id=person.pk)
    assert source.what == "annuaire national consulté"
    assert source.author_label
    assert [one.pk for one in search("saucier").professionals] == [person.pk]


def test_only_the_words_and_the_key_are_sent(stand, claire):
    claire.get("/annuaire/national/", {"q": "Saucier <script>"})
    paths = [path for path, _ in stand.asked]
    assert "name=Saucier+script&" in paths[0]
    for _, headers in stand.asked:
        assert {k.upper(): v for k, v in headers.items()}["ESANTE-API-KEY"] == "cle-de-test"
        assert not {"Cookie", "Referer", "Authorization"} & set(headers)


def test_an_rpps_number_is_searched_as_one(stand, claire):
    text = claire.get("/annuaire/national/", {"q": "100 0346 1034"}).content.decode()
    assert "Arthur Saucier" in text
    assert "identifier=10003461034" in stand.asked[0][0]


def test_what_users_corrected_stays_and_twice_is_once(stand, claire):
    for _ in range(2):
        claire.post("/annuaire/national/ajouter", {"id": "334081"})
    place = Practice.objects.get(professional__rpps="10003461034")
    Practice.objects.filter(pk=place.pk).update(email="autre@medecin.mssante.fr")
    claire.post("/annuaire/national/ajouter", {"id": "334081"})
    place.refresh_from_db()
    assert place.email == "autre@medecin.mssante.fr"
    assert Organisation.objects.filter(external_id="F754567860").count() == 1


def test_a_whole_file_ends_what_it_does_not_name(stand, claire):
    from liane.directory.tests.test_import import HEADER, line

    claire.post("/annuaire/national/ajouter", {"id": "334081"})
    with acting(system("import")):
        importing.load([HEADER, *(line(n) for n in range(1, 40))], complete=True)
    assert not Professional.objects.get(rpps="10003461034").active


@pytest.mark.parametrize(
    ("status", "words"), [(401, "clé"), (429, "sollicité"), (500, "erreur (500)"), (302, "302")]
)
def test_a_refusal_is_told_clearly(stand, claire, status, words):
    stand.status = status
    text = claire.get("/annuaire/national/", {"q": "Saucier"}).content.decode()
    assert words in text
    assert all("elsewhere" not in path for path, _ in stand.asked)


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"entry": [1]}', '{"entry": 3}', "null"])
def test_an_unreadable_answer_is_told(stand, claire, body):
    stand.body = body
    assert "illisible" in claire.get("/annuaire/national/", {"q": "Saucier"}).content.decode()


def test_too_late_is_told(stand, claire, monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.2)
    stand.slow = 1
    text = claire.get("/annuaire/national/", {"q": "Saucier"}).content.decode()
    assert "trop de temps" in text


def test_a_strange_professional_is_left_out(stand, claire):
    strange = copy.deepcopy(stand.data["Practitioner"][0])
    strange["id"], strange["identifier"] = "x", "?"
    stand.data["Practitioner"].insert(0, strange)
    assert [one.id for one in services.search("Saucier")] == ["334081"]


def test_without_an_address_there_is_no_page(claire, settings):
    settings.LIANE_ANNUAIRE_URL = ""
    assert claire.get("/annuaire/national/", {"q": "x"}).status_code == 404
    assert "annuaire national" not in claire.get("/annuaire/", {"q": "zzz"}).content.decode()
