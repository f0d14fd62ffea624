"""A draft priced on the stored history: the command, the page, who may read it."""

import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from liane.bundles.engine.simulating import Effect
from liane.bundles.tests.conftest import machine
from liane.bundles.tests.samples import ESSAI
from liane.bundles.tests.test_invoicing import ready  # noqa: F401
from liane.pathways.models import ProtocolVersion
from tests import factories as make

DEARER = ESSAI.replace("301.01", "331.01")
HARDER = ESSAI.replace("min: 2, max: 4", "min: 3, max: 4")
UNKNOWN = ESSAI.replace('"301.01"', "{to_be_completed: montant de la séquence, who: la structure}")


def simulated(tmp_path, capsys, text, *words):
    file = tmp_path / "brouillon.yaml"
    file.write_text(text, encoding="utf-8")
    call_command("protocol_simulate", str(file), "--until", "2026-06-30", *words)
    return capsys.readouterr().out


@pytest.fixture
def draft(ready):  # noqa: F811
    def write(text):
        with machine():
            return ProtocolVersion.objects.create(
                organisation=ready.msp, key="essai", number="2026-09", based_on="2026-01",
                text=text.replace("version: 2026-01", "version: 2026-09"),
            )  # fmt: skip

    return write


def test_a_dearer_sequence_says_who_gains_to_the_cent(ready, tmp_path, capsys):  # noqa: F811
    said = json.loads(simulated(tmp_path, capsys, DEARER, "--json"))
    assert (said["enrolments"], said["acts"]) == (1, 3)
    assert (said["before"], said["after"]) == ("301.01", "331.01")
    assert [(one["name"], one["difference"]) for one in said["payees"]] == [
        ("Léa Moreau", "10.00"), ("Sami Ibarra", "10.00"), ("Tess Faure", "10.00"),
    ]  # fmt: skip
    assert (said["gain"], said["lose"], said["same"]) == (3, 0, 1)
    assert said["blocked"] == said["freed"] == []


def test_what_it_would_block_is_named_by_identifier_alone(ready, tmp_path, capsys):  # noqa: F811
    out = simulated(tmp_path, capsys, HARDER)
    assert f"bloqué  {ready.enrolment.pk}" in out
    assert "4 perdent" in out
    assert "Sarrade" not in out.title()


def test_an_amount_to_be_completed_stops_and_says_where(ready, tmp_path, capsys):  # noqa: F811
    out = simulated(tmp_path, capsys, UNKNOWN)
    assert "À compléter : montant de la séquence (phases[0].amounts.*) arrête 1 parcours." in out


def test_the_same_definition_changes_nothing_and_writes_nothing(ready, tmp_path, capsys):  # noqa: F811
    before = ready.sequence().amount_cents
    said = json.loads(simulated(tmp_path, capsys, ESSAI, "--json"))
    assert said["payees"] == []
    assert said["before"] == said["after"]
    assert ready.sequence().amount_cents == before


def test_one_structure_alone(ready, tmp_path, capsys):  # noqa: F811
    other = make.organisation("Ailleurs", "msp")
    said = simulated(tmp_path, capsys, DEARER, "--organisation", str(other.pk))
    assert "aucun parcours enregistré" in said


def test_a_broken_file_is_named_by_its_line(tmp_path, capsys, db):
    with pytest.raises(SystemExit):
        simulated(tmp_path, capsys, ESSAI.replace("payer: cpam", "payer: ars"))
    assert ":9: payer : erreur" in capsys.readouterr().err
    with pytest.raises(CommandError, match="introuvable"):
        call_command("protocol_simulate", str(tmp_path / "rien.yaml"))


def test_the_page_names_payees_and_the_blocked_to_who_keeps_the_accounts(draft, ready, sign_in):  # noqa: F811
    row = draft(HARDER)
    url = f"/forfaits/simulations/{row.pk}/"
    make.practice("marc", role="manager", of=ready.msp)
    keeper = sign_in("sonia").get(url).content.decode()
    assert "Tess Faure" in keeper
    assert f"/parcours/{ready.enrolment.pk}/" in keeper
    manager = sign_in("marc").get(url).content.decode()
    assert "Tess Faure" in manager
    assert "SARRADE" not in manager.upper()
    assert url in sign_in("sonia").get(f"/parcours/versions/{row.pk}/").content.decode()


def test_a_draft_with_an_error_is_not_priced(draft, sign_in):
    row = draft(ESSAI.replace("max: 4, article", "max: 0, article", 1))
    page = sign_in("sonia").get(f"/forfaits/simulations/{row.pk}/")
    assert page.status_code == 200
    assert "encore une erreur" in page.content.decode()


def test_nobody_else_reads_it(draft, sign_in):
    row = draft(DEARER)
    make.practice("autre", role="coordinator", of=make.organisation("Ailleurs", "msp"))
    for who in ("autre", "lea", "yves"):
        assert sign_in(who).get(f"/forfaits/simulations/{row.pk}/").status_code == 404


def test_an_effect_does_not_depend_on_who_counted_which_part():
    parts = [
        Effect(cases=1, acts=3, before=5, after=7, payees=Counter(b=2, a=-1), blocked=["y"],
               refused=Counter(cap=1)),
        Effect(cases=2, acts=4, before=1, after=1, payees=Counter(a=1), blocked=["x"],
               refused=Counter(order=1), accepted=Counter(cap=2)),
    ]  # fmt: skip
    wholes = []
    for order in (parts, parts[::-1]):
        whole = Effect()
        for one in order:
            whole.add(one)
        whole.settle_order()
        wholes.append(whole)
    assert wholes[0] == wholes[1]
    assert wholes[0].blocked == ["x", "y"]
    assert list(wholes[0].payees.items()) == list(wholes[1].payees.items()) == [("a", 0), ("b", 2)]
    assert wholes[0].refused.most_common() == wholes[1].refused.most_common()
