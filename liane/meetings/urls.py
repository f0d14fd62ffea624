"""Addresses of meetings. The portal's is in `liane.portal`."""

from django.urls import path

from liane.meetings import link_pages, pages, sheet_pages

PERSON = "personnes/<uuid:person_id>/concertations/"
ONE = "concertations/<uuid:meeting_id>/"
WHO = "concertations/participants/<uuid:meeting_participant_id>/"
DECISION = "concertations/decisions/<uuid:meeting_decision_id>/"
LINK = "concertations/lien/<str:token>/"

urlpatterns = [
    path(PERSON, pages.of_person, name="meetings"),
    path(f"{PERSON}nouvelle/", pages.new),
    path(ONE, pages.one, name="meeting"),
    path(f"{ONE}reponse/", pages.answer),
    path(f"{ONE}date/", pages.fix),
    path(f"{ONE}prevenir/", pages.tell),
    path(f"{ONE}annuler/", pages.cancel),
    path(f"{ONE}inviter/", pages.invite),
    path(f"{ONE}reunion.ics", pages.calendar),
    path(f"{ONE}seance/", sheet_pages.hold),
    path(f"{ONE}presences/", sheet_pages.attend),
    path(f"{ONE}decider/", sheet_pages.decide),
    path(f"{ONE}soumettre/", sheet_pages.submit),
    path(f"{ONE}reprendre/", sheet_pages.take_up),
    path(f"{ONE}envoyer/", sheet_pages.send),
    path(f"{ONE}document/", sheet_pages.document),
    path(f"{WHO}retirer/", pages.remove),
    path(f"{WHO}code/", pages.code),
    path("concertations/notes/<uuid:meeting_section_id>/", sheet_pages.section),
    path(f"{DECISION}tache/", sheet_pages.give),
    path(f"{DECISION}plan/", sheet_pages.plan),
    path(f"{DECISION}retirer/", sheet_pages.withdraw),
    path("concertations/compte-rendu/<uuid:meeting_minutes_id>/avis/", sheet_pages.opine),
    path(LINK, link_pages.link, name="meeting-link"),
    path(f"{LINK}code/", link_pages.code, name="meeting-link-code"),
    path(f"{LINK}reunion.ics", link_pages.calendar, name="meeting-link-calendar"),
]
