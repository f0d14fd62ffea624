"""Addresses of absences."""

from django.urls import path

from liane.stays import pages

urlpatterns = [
    path("personnes/<uuid:person_id>/absence/", pages.declare, name="absence"),
    path("personnes/<uuid:person_id>/sejours/", pages.of_person, name="stays"),
    path("sejours/<uuid:stay_id>/", pages.detail, name="stay"),
    path("sejours/<uuid:stay_id>/vu/", pages.seen),
    path("sejours/<uuid:stay_id>/appels/<uuid:notice_id>/", pages.called),
    path("sejours/<uuid:stay_id>/retour/", pages.back_home),
    path("sejours/<uuid:stay_id>/retour-prevu/", pages.expected),
    path("sejours/<uuid:stay_id>/annuler/", pages.cancel),
]
