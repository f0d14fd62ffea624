"""Addresses of plans. The portal's are in `liane.portal`."""

from django.urls import path

from liane.careplans import line_pages, link_pages, pages, version_pages

PLAN = "personnes/<uuid:person_id>/plan/"
LINE = "plan/lignes/<uuid:plan_line_id>/"
VERSION = "plan/versions/<uuid:plan_version_id>/"

urlpatterns = [
    path(PLAN, pages.screen, name="careplan"),
    path(f"{PLAN}nouveau/", pages.new),
    path(f"{PLAN}cadre/", pages.settings),
    path(f"{PLAN}situation/", pages.prepared),
    path(f"{PLAN}partager/", pages.share),
    path(f"{PLAN}envoyer/", pages.send),
    path(f"{PLAN}mettre-en-vigueur/", pages.start),
    path(f"{PLAN}clore/", pages.close),
    path(f"{PLAN}reviser/", pages.review),
    path(f"{PLAN}paroles/", pages.words),
    path(f"{PLAN}code/", pages.link_code),
    path(f"{PLAN}ajouter/", line_pages.add),
    path(f"{PLAN}retirees/", line_pages.dropped),
    path(f"{PLAN}versions/", version_pages.compare),
    path(LINE, line_pages.edit),
    path(f"{LINE}retirer/", line_pages.drop),
    path(f"{LINE}remettre/", line_pages.restore),
    path(f"{LINE}etat/", line_pages.move),
    path(f"{LINE}non-atteint/", line_pages.unreached),
    path(f"{LINE}tache/", line_pages.give),
    path(f"{LINE}rendez-vous/", line_pages.visit),
    path(f"{LINE}demande/", line_pages.request_),
    path(VERSION, version_pages.version),
    path(f"{VERSION}document/", version_pages.file),
    path(f"{VERSION}preparer/", version_pages.prepare),
    path(f"{VERSION}reponse/", version_pages.answer),
    path(f"{VERSION}accord/", version_pages.collected),
    path("plan/lien/<str:token>/", link_pages.link, name="plan-link"),
    path("plan/lien/<str:token>/code/", link_pages.code, name="plan-link-code"),
]
