"""A mail that found no conversation is settled by who reads all it could belong to, no other."""

import pytest

from liane.core.acting import owner
from liane.messaging import incoming
from liane.messaging.models import IncomingMail, Message, OutgoingMail
from liane.messaging.tests.test_mail_in import answer, sent
from tests import factories as make

pytestmark = pytest.mark.django_db
__all__ = ["sent"]


@pytest.fixture
def mail(sent: OutgoingMail) -> IncomingMail:
    """Dr Garat answers from another address than the one written to."""
    row = incoming.take_in(answer(sent, "Je passe jeudi.", From="garat@ailleurs.fr").as_bytes())
    assert row.status == "queued"
    return row


def text(answer) -> str:
    return answer.content.decode()


def fresh(mail: IncomingMail) -> IncomingMail:
    with owner():
        return IncomingMail.objects.get(pk=mail.pk)


def test_whoever_reads_the_conversation_attaches_it_and_it_says_so(sent, mail, sign_in) -> None:
    claire, where = sign_in("claire"), f"/messages/courrier/{mail.pk}/"
    assert "1 courriel" in text(claire.get("/messages/")).replace("\xa0", " ")
    assert "garat@ailleurs.fr" in text(claire.get("/messages/courrier/"))
    assert "Je passe jeudi." in text(claire.get(where))
    assert claire.post(where, {"thread": str(sent.thread_id)}).status_code == 302
    with owner():
        message = Message.objects.get(via="mail")
    assert message.text.startswith("[Courriel de garat@ailleurs.fr")
    assert message.text.endswith("Je passe jeudi.")
    done = fresh(mail)
    assert (done.status, done.message_id, done.settled_by != "") == ("delivered", message.pk, True)
    assert claire.get(where).status_code == 404


def test_it_is_filed_with_a_reason(mail, sign_in) -> None:
    claire, where = sign_in("claire"), f"/messages/courrier/{mail.pk}/"
    assert claire.post(where, {"reason": " "}).status_code == 422
    assert claire.post(where, {"reason": "Publicité"}).status_code == 302
    assert (fresh(mail).status, fresh(mail).reason) == ("ignored", "Publicité")


def test_a_stranger_to_the_conversation_sees_nothing_of_it(mail, sign_in) -> None:
    make.practice("bruno")
    bruno = sign_in("bruno")
    assert "garat" not in text(bruno.get("/messages/courrier/"))
    assert bruno.get(f"/messages/courrier/{mail.pk}/").status_code == 404
    assert bruno.post(f"/messages/courrier/{mail.pk}/", {"reason": "x"}).status_code == 404


def test_a_mail_of_unknown_subject_is_not_read_and_may_be_filed(sent, sign_in) -> None:
    row = incoming.take_in(
        answer(
            sent, "À propos de M. X", From="x@exemple.fr", To="a@liane.fr", In_Reply_To=""
        ).as_bytes()
    )
    make.practice("leo", role="technical_admin")
    leo, where = sign_in("leo"), f"/messages/courrier/{row.pk}/"
    html = text(leo.get(where))
    assert "x@exemple.fr" in html
    assert "M. X" not in html
    assert leo.post(where, {"thread": str(sent.thread_id)}).status_code == 404
    assert sign_in("claire").get(where).status_code == 404
    leo.post(where, {"reason": "Sans rapport"})
    assert fresh(row).status == "ignored"


def test_from_the_known_address_it_goes_to_a_conversation_with_them(sent, sign_in) -> None:
    row = incoming.take_in(answer(sent, "Autre fil ?", To="a@liane.fr", In_Reply_To="").as_bytes())
    html = text(sign_in("claire").get(f"/messages/courrier/{row.pk}/"))
    assert str(sent.thread_id) in html
