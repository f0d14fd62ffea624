"""Addresses of signing in with a provider."""

from django.urls import path

from liane.federation import pages

urlpatterns = [
    path("connexion/place", pages.place, name="choose_place"),
    path("connexion/sortie", pages.leave, name="leave_provider"),
    path("connexion/<slug:path>", pages.go),
    path("connexion/<slug:path>/retour", pages.back),
]
