"""Addresses of what is exchanged with other systems."""

from django.urls import path

from liane.exchange import pages
from liane.exchange.handing import pages as handing
from liane.exchange.insi import pages as insi
from liane.exchange.received import pages as received

RECORD = "personnes/<uuid:person_id>/"

urlpatterns = [
    path(RECORD + "documents/<uuid:document_id>/transmettre/", handing.document, name="hand"),
    path(RECORD + "notes/<uuid:note_id>/transmettre/", handing.note, name="hand_note"),
    path("plan/versions/<uuid:plan_version_id>/transmettre/", handing.version, name="hand_version"),
    path(RECORD + "identite/insi-teleservice/", insi.record, name="insi"),
    path("parametres/identites/insi/", insi.vigilance, name="insi_vigilance"),
    path(RECORD + "echanges/", handing.exchanges, name="exchanges"),
    path(RECORD + "documents-recus/", received.index, name="received_all"),
    path(RECORD + "documents-recus/<uuid:received_id>/", received.one, name="received"),
    path(
        RECORD + "documents-recus/<uuid:received_id>/contenu",
        received.content,
        name="received_content",
    ),
    path("parametres/identites/", pages.waiting, name="identity_cases"),
    path("parametres/identites/<uuid:case_id>/", pages.compare, name="identity_case"),
    path("parametres/identites/messages/<uuid:message_id>/reessayer/", pages.retry),
    path("parametres/identites/<uuid:case_id>/ecarter/", pages.set_aside),
    path("parametres/identites/<uuid:case_id>/<uuid:person_id>/", pages.attach),
]
