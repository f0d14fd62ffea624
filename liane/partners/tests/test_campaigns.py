"""Campaigns: whom, who reached them, what they answered; a call is noted once."""

import smtplib

import pytest
from django.core import mail
from django.http import Http404

from liane.core.acting import acting
from liane.core.errors import Refused
from liane.directory import correspondents
from liane.followups.models import Contact
from liane.partners import campaigns, queries
from liane.partners.models import Attempt, Target
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(isabelle, ssiad):
    with acting(make.actor("isabelle")):
        made = campaigns.prepare("Places d’été", "call", "Avez-vous des places en août ?")
        campaigns.select(made.pk, [ssiad.pk])
        campaigns.run(made.pk)
    return made


def test_a_call_is_noted_once_in_the_campaign_and_in_the_contact_log(campaign, ssiad):
    with acting(make.actor("isabelle")):
        campaigns.note(Target.objects.get().pk, "yes", "Trois places", minutes=5)
        attempt = Attempt.objects.get()
        contact = Contact.objects.get()
    assert attempt.contact_id == contact.pk
    assert (contact.partner_id, contact.minutes) == (ssiad.pk, 5)
    assert contact.note == "Places d’été : d’accord. Trois places"
    assert Target.objects.get().outcome == "yes"


def test_every_attempt_stays(campaign):
    with acting(make.actor("isabelle")):
        target = Target.objects.get()
        campaigns.note(target.pk, "no_answer")
        campaigns.note(target.pk, "no", "Fermé en août")
        found = queries.reached(campaign.pk)[0]
    assert [one.outcome for one in found.attempts] == ["no", "no_answer"]
    assert {one.author_label for one in found.attempts} == {"Isabelle Lafitte"}


def test_a_manager_notes_too_without_the_contact_log(campaign, florence):
    with acting(make.actor("florence")):
        campaigns.note(Target.objects.get().pk, "reached", "Me rappelle")
    with acting(make.actor("isabelle")):
        assert Contact.objects.count() == 0
    assert Attempt.objects.get().contact_id is None


def test_what_is_not_running_is_not_noted(campaign):
    with acting(make.actor("isabelle")):
        campaigns.close(campaign.pk)
        for outcome in ("yes", "mailed"):
            with pytest.raises(Refused):
                campaigns.note(Target.objects.get().pk, outcome)
        with pytest.raises(Refused):
            campaigns.select(campaign.pk, [make.organisation("Autre").pk])


def test_another_house_reads_and_writes_nothing(campaign):
    make.practice("nathalie", role="coordinator", of=make.organisation("MSP", "msp"))
    with acting(make.actor("nathalie")):
        assert queries.campaign(campaign.pk) is None
        assert queries.reached(campaign.pk) == []
        with pytest.raises(Http404):
            campaigns.note(Target.objects.get().pk, "yes")


@pytest.fixture
def mailing(settings):
    settings.LIANE_EMAIL_URL = "smtp://mail.invalid"


def test_no_mail_is_promised_without_a_mail_server(isabelle, settings):
    settings.LIANE_EMAIL_URL = ""
    with acting(make.actor("isabelle")), pytest.raises(Refused) as refusal:
        campaigns.prepare("Réunion du 3", "mail", "Vous êtes conviés.")
    assert refusal.value.field == "way"
    assert campaigns.send_waiting() == 0


@pytest.mark.usefixtures("mailing")
def test_mails_leave_once_to_the_address_known(isabelle):
    with_mail = make.organisation("Avec adresse", email="contact@avec.invalid")
    by_person, without = make.organisation("Par quelqu’un"), make.organisation("Sans")
    with acting(make.actor("isabelle")):
        correspondents.add(by_person, {"name": "Mme Labat", "email": "labat@par.invalid"})
        made = campaigns.prepare("Réunion du 3", "mail", "Vous êtes conviés.")
        campaigns.select(made.pk, [with_mail.pk, by_person.pk, without.pk])
        assert campaigns.send_waiting() == 0
        campaigns.run(made.pk)
    assert campaigns.send_waiting() == 2
    assert campaigns.send_waiting() == 0
    assert sorted(one.to[0] for one in mail.outbox) == ["contact@avec.invalid", "labat@par.invalid"]
    assert "Isabelle Lafitte, DAC des Landes" in mail.outbox[0].body
    said = dict(Target.objects.values_list("partner__name", "outcome"))
    assert said == {"Avec adresse": "mailed", "Par quelqu’un": "mailed", "Sans": "failed"}


@pytest.mark.usefixtures("mailing")
def test_a_server_that_refuses_is_tried_again_then_said(isabelle, monkeypatch):
    house = make.organisation("Avec adresse", email="contact@avec.invalid")
    with acting(make.actor("isabelle")):
        made = campaigns.prepare("Réunion", "mail", "Vous êtes conviés.")
        campaigns.select(made.pk, [house.pk])
        campaigns.run(made.pk)

    def refuse(*_, **__):
        raise smtplib.SMTPException

    monkeypatch.setattr(campaigns.EmailMessage, "send", refuse)
    for number in range(1, campaigns.TRIES + 1):
        assert campaigns.send_waiting() == 0
        target = Target.objects.get()
        assert target.mail_tries == number
        Target.objects.exclude(mail_at=None).update(mail_at="2020-01-01T00:00:00Z")
    assert Target.objects.get().outcome == "failed"
    assert campaigns.send_waiting() == 0


def test_structures_are_chosen_by_kind_relation_and_place(isabelle, landes, dac, ssiad):
    from liane.partners import services

    other = make.organisation("SSIAD de Capbreton", "ssiad", insee="40065")
    with acting(make.actor("isabelle")):
        services.begin(ssiad, "partner")
        made = campaigns.prepare("x", "call", "x")

        def chosen(**said):
            return queries.choosable(made.pk, queries.Wanted(**said))

        assert chosen(kind="ssiad") == [other, ssiad]
        assert chosen(kind="ssiad", place="Dax") == [ssiad]
        assert chosen(status="partner") == [ssiad]
        assert chosen(place="Nulle part") == []
        assert dac not in chosen()
        campaigns.select(made.pk, [ssiad.pk, dac.pk])
        assert chosen(kind="ssiad") == [other]


def test_a_campaign_through_its_pages(sign_in, isabelle, ssiad):
    client = sign_in("isabelle")
    form = {"title": "Places d’été", "way": "call", "message": "Des places en août ?"}
    choice = client.post("/annuaire/campagnes/nouvelle/", form).url
    assert "SSIAD de l’Adour" in client.get(choice).content.decode()
    page = client.post(choice, {"organisation": [ssiad.pk]}).url
    client.post(page + "lancer")
    target = Target.objects.get()
    where = f"/annuaire/campagnes/structures/{target.pk}/"
    assert "Des places en août" in client.get(where).content.decode()
    assert client.post(where, {"outcome": "unheard"}).status_code == 422
    client.post(where, {"outcome": "yes", "answer": "Trois places"})
    shown = client.get(page, {"vue": "yes"}).content.decode()
    assert "Trois places" in shown
    assert "Isabelle Lafitte" in shown
    assert "1\N{NO-BREAK SPACE}réponse" in client.get("/annuaire/campagnes/").content.decode()
