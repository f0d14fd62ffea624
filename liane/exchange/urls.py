"""Addresses of what is exchanged with other systems."""

from django.urls import path

from liane.exchange import pages
from liane.exchange.received import pages as received

RECORD = "personnes/<uuid:person_id>/"

urlpatterns = [
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
