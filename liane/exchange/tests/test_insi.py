"""INSi: one identity is offered as « récupérée », none and several change nothing."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from liane.core import xml
from liane.core.acting import acting, owner
from liane.core.errors import NotAllowed, Refused
from liane.exchange.insi import services, soap
from liane.exchange.models import InsiAnswer
from liane.exchange.outside import Unreachable
from liane.patients import ins
from liane.patients.models import IdentityEvent, Patient
from tests import factories as make
from tests.serving import serving

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
NUMBER = "269054958815780"
BODY = """<RESULTAT xmlns="http://www.cnamts.fr/INSiResultat"><CR><CodeCR>{code}</CodeCR>
<LibelleCR>x</LibelleCR></CR>{individual}</RESULTAT>"""
INDIVIDUAL = """<INDIVIDU><INSACTIF><IdIndividu><NumIdentifiant>{number}</NumIdentifiant>
<Cle>{key}</Cle></IdIndividu><OID>1.2.250.1.213.1.4.8</OID></INSACTIF><TIQ>
<NomNaissance>LABORDE</NomNaissance><Prenom>ODETTE</Prenom><ListePrenom>ODETTE MARIE</ListePrenom>
<Sexe>F</Sexe><DateNaissance>1941-03-07</DateNaissance><LieuNaissance>40088</LieuNaissance></TIQ>
</INDIVIDU>"""


def envelope(code: str = "00", number: str = NUMBER[:13], key: str = NUMBER[13:]) -> bytes:
    individual = INDIVIDUAL.format(number=number, key=key) if code == "00" else ""
    body = BODY.format(code=code, individual=individual)
    return (
        f'<soap:Envelope xmlns:soap="{soap.SOAP}"><soap:Body>{body}</soap:Body></soap:Envelope>'
    ).encode()


class StandIn(ThreadingHTTPServer):
    """An INSi service on a real socket: answers ``answer``, keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.code = envelope(), 200
        self.asked: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:  # noqa: N802
        """One question."""
        self.server.asked.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.code)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)


@pytest.fixture
def insi(settings: Any) -> Iterator[StandIn]:
    with serving(StandIn()) as server:
        settings.LIANE_INSI_URL = f"http://127.0.0.1:{server.server_address[1]}"
        yield server


@pytest.fixture
def person() -> Patient:
    one = make.patient("LABORDE", "Odette")
    make.member(one, make.practice("claire", name="Claire Aubert"))
    return one


def as_claire() -> Any:
    return acting(make.actor("claire"))


def now(person: Patient) -> Patient:
    with owner():
        return Patient.objects.get(pk=person.pk)


def test_one_identity_is_offered_then_taken_as_retrieved(person: Patient, insi: StandIn) -> None:
    with as_claire():
        row = services.ask(person.pk)
        assert (row.outcome, row.settled_at) == ("one", None)
        assert now(person).ins_status == "provisional"
        services.take(row.pk)
    known = now(person)
    assert known.ins_status == "retrieved"
    assert (known.given_names, known.birth_place) == ("ODETTE MARIE", "40088")
    with owner():
        assert ins.of(known) == ins.parse(NUMBER)
        settled = InsiAnswer.objects.get()
        assert (settled.taken, settled.identity) == (True, "")
        assert IdentityEvent.objects.filter(person=person, reason="téléservice INSi").exists()


def test_the_question_has_the_shape_of_the_service(person: Patient, insi: StandIn) -> None:
    with as_claire():
        services.ask(person.pk)
    root = xml.parse(insi.asked[0])
    (asked,) = root.iter(f"{{{soap.ASKED}}}RECSANSVITALE")
    assert [(one.tag.split("}")[1], one.text) for one in asked] == [
        ("NomNaissance", "LABORDE"), ("Prenom", "ODETTE"), ("Sexe", "F"),
        ("DateNaissance", "1941-03-07"),
    ]  # fmt: skip
    assert root.find(f".//{{{soap.WSA}}}Action").text == soap.ACTION


@pytest.mark.parametrize(("code", "outcome"), [("01", "none"), ("02", "several")])
def test_none_and_several_change_nothing(
    person: Patient, insi: StandIn, code: str, outcome: str
) -> None:
    insi.answer = envelope(code)
    with as_claire():
        row = services.ask(person.pk)
        with pytest.raises(Refused):
            services.take(row.pk)
    assert row.outcome == outcome
    assert now(person).ins_status == "provisional"


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"<html>", envelope("99"), envelope(key="00"), envelope(number="x"),
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        envelope().replace(b"1941-03-07", b"1941-33-07"), envelope().replace(b"<TIQ>", b"<TOQ>"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_a_failure(
    person: Patient, insi: StandIn, answer: bytes
) -> None:
    insi.answer = answer
    with as_claire():
        assert services.ask(person.pk).outcome == "failed"
    assert now(person).ins_status == "provisional"


def test_a_service_that_breaks_is_a_failure(person: Patient, insi: StandIn) -> None:
    insi.code = 500
    with as_claire():
        assert services.ask(person.pk).outcome == "failed"


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_an_answer(content: bytes) -> None:
    try:
        soap.answer(content)
    except Unreachable as error:
        assert error.why  # noqa: PT017


def test_a_matricule_that_another_record_holds_is_not_taken(person: Patient, insi: StandIn) -> None:
    other = make.patient("AUTRE", "Anne")
    with owner():
        ins.put(other, ins.parse(NUMBER))
        other.ins_status = "qualified"
        other.save()
    with as_claire():
        row = services.ask(person.pk)
        with pytest.raises(Refused, match="autre dossier"):
            services.take(row.pk)
    assert now(person).ins_status == "provisional"
    with owner():
        assert InsiAnswer.objects.get().settled_at is None


def test_an_answer_left_aside_keeps_nothing(person: Patient, insi: StandIn) -> None:
    with as_claire():
        row = services.ask(person.pk)
        services.leave(row.pk)
        with pytest.raises(Refused, match="déjà"):
            services.leave(row.pk)
    with owner():
        assert InsiAnswer.objects.get().identity == ""


def test_without_configuration_nothing_is_called(person: Patient, sign_in: SignIn) -> None:
    with as_claire(), pytest.raises(Refused, match="pas configuré"):
        services.ask(person.pk)
    page = sign_in("claire").get(f"/personnes/{person.pk}/identite/insi-teleservice/")
    assert "Rien n’est appelé" in page.content.decode()
    assert "non configuré ici" in (
        sign_in("claire").get(f"/personnes/{person.pk}/identite/").content.decode()
    )


def test_traits_that_are_missing_are_asked_for(person: Patient, insi: StandIn) -> None:
    with owner():
        Patient.objects.filter(pk=person.pk).update(birth_date=None)
    with as_claire(), pytest.raises(Refused, match="date de naissance"):
        services.ask(person.pk)
    assert insi.asked == []


def test_who_reads_a_name_and_town_only_asks_nothing(
    person: Patient, insi: StandIn, sign_in: SignIn
) -> None:
    make.member(person, make.practice("karim", role="social"), outside_team=True)
    address = f"/personnes/{person.pk}/identite/insi-teleservice/"
    assert sign_in("karim").get(address).status_code == 404
    with acting(make.actor("karim")), pytest.raises((NotAllowed, Http404)):
        services.ask(person.pk)
    assert insi.asked == []


def test_from_the_page_to_the_status(person: Patient, insi: StandIn, sign_in: SignIn) -> None:
    client = sign_in("claire")
    address = f"/personnes/{person.pk}/identite/insi-teleservice/"
    assert client.post(address, {"action": "ask"}).status_code == 302
    page = client.get(address).content.decode()
    assert "est-ce cette personne" in page
    assert NUMBER[:13] in page
    assert client.post(address, {"action": "take"}).status_code == 302
    assert now(person).ins_status == "retrieved"
    assert client.post(address, {"action": "take"}).status_code == 422


def test_identity_vigilance_sees_what_was_not_settled(
    person: Patient, insi: StandIn, sign_in: SignIn
) -> None:
    insi.answer = envelope("02")
    with as_claire():
        services.ask(person.pk)
    place = make.organisation("Identités", "msp")
    make.member(person, place)
    make.practice("ida", role="identity", of=place)
    page = sign_in("ida").get("/parametres/identites/insi/").content.decode()
    assert "Plusieurs identités possibles" in page
    assert sign_in("claire").get("/parametres/identites/insi/").status_code == 403
