"""Addresses of applications: what they call, where users agree, where managers decide."""

from django.urls import path

from liane.clients import authorize_pages as users
from liane.clients import pages
from liane.clients import token_pages as tokens

ONE = "parametres/applications/<uuid:client_id>/"

urlpatterns = [
    path(".well-known/smart-configuration", tokens.discovery),
    path("fhir/.well-known/smart-configuration", tokens.discovery),
    path(".well-known/openid-configuration", tokens.discovery),
    path("oauth/jwks", tokens.jwks),
    path("oauth/token", tokens.token),
    path("oauth/introspect", tokens.introspect),
    path("oauth/revoke", tokens.revoke),
    path("oauth/authorize", users.authorize),
    path(
        "personnes/<uuid:person_id>/applications/<uuid:client_id>/",
        users.launch,
        name="launch_client",
    ),
    path("parametres/applications/", pages.index, name="clients"),
    path("parametres/applications/nouvelle/", pages.new, name="client_new"),
    path(ONE, pages.detail, name="client"),
    path(ONE + "fiche/", pages.edit, name="client_edit"),
    path(ONE + "acces/", pages.scopes, name="client_scopes"),
    path(ONE + "cles/", pages.keys, name="client_keys"),
    path(ONE + "secret", pages.secret, name="client_secret"),
    path(ONE + "etat", pages.move, name="client_move"),
]
