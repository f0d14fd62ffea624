"""Addresses of identity vigilance."""

from django.urls import path

from liane.exchange import pages

urlpatterns = [
    path("parametres/identites/", pages.waiting, name="identity_cases"),
    path("parametres/identites/<uuid:case_id>/", pages.compare, name="identity_case"),
    path("parametres/identites/messages/<uuid:message_id>/reessayer/", pages.retry),
    path("parametres/identites/<uuid:case_id>/ecarter/", pages.set_aside),
    path("parametres/identites/<uuid:case_id>/<uuid:person_id>/", pages.attach),
]
