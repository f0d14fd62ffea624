"""Addresses of the file active."""

from django.urls import path

from liane.followups import pages

ONE = "file-active/<uuid:accompaniment_id>/"
RECORD = "personnes/<uuid:person_id>/accompagnement/"
urlpatterns = [
    path("file-active/", pages.index, name="file_active"),
    path(ONE, pages.detail, name="accompaniment"),
    path(ONE + "niveau/", pages.level),
    path(ONE + "etape/", pages.stage),
    path(ONE + "confier/", pages.entrust),
    path(ONE + "sortie/", pages.end),
    path("file-active/rappels/<uuid:reminder_id>/fait/", pages.settle),
    path("file-active/structures/<uuid:organisation_id>/", pages.partner, name="partner_contacts"),
    path(RECORD, pages.tab, name="accompaniment_of"),
    path(RECORD + "ouvrir/", pages.open_),
    path(RECORD + "contact/", pages.contact),
    path(RECORD + "rappel/", pages.reminder),
]
