from django.urls import path

from liane.directory import calendar_pages as calendar
from liane.directory import correspondent_pages as people
from liane.directory import offer_pages as offers
from liane.directory import pages
from liane.directory import territory_pages as territory
from liane.directory.annuaire import pages as national

STRUCTURE = "annuaire/structures/<uuid:organisation_id>/"
SERVICE = "annuaire/offres/<uuid:service_id>/"
urlpatterns = [
    path("annuaire/", pages.home, name="directory"),
    path("annuaire/national/", national.search, name="national"),
    path("annuaire/national/ajouter", national.keep, name="national_keep"),
    path(
        "annuaire/professionnels/<uuid:professional_id>/", pages.professional, name="professional"
    ),
    path("annuaire/structures/<uuid:organisation_id>/", pages.organisation, name="organisation"),
    path("annuaire/structures/<uuid:organisation_id>/inviter/", pages.invite, name="invite_staff"),
    path("annuaire/structures/<uuid:organisation_id>/postes/", calendar.new_post, name="new_post"),
    path("annuaire/coordonnees/<str:kind>/<uuid:object_id>/", pages.contact, name="contact_data"),
    path("annuaire/lieux/<uuid:practice_id>/fin", pages.end_practice, name="end_practice"),
    path("annuaire/postes/<uuid:post_id>/", calendar.post, name="post"),
    path("annuaire/gardes/<uuid:duty_id>/fin", calendar.end_duty, name="end_duty"),
    path("annuaire/territoires/", territory.competent, name="territories"),
    path(
        "annuaire/structures/<uuid:organisation_id>/territoire/",
        territory.covered,
        name="coverage",
    ),
    path("annuaire/territoires/<uuid:coverage_id>/fin", territory.end, name="end_coverage"),
    path("annuaire/absences/", calendar.absences, name="absences"),
    path(
        "annuaire/absences/<uuid:absence_id>/annuler",
        calendar.cancel_absence,
        name="cancel_absence",
    ),
    path("annuaire/offres/", offers.index, name="services"),
    path("annuaire/offres/nouvelle/", offers.choose, name="new_service"),
    path(SERVICE, offers.detail, name="service"),
    path(SERVICE + "modifier/", offers.edit, name="edit_service"),
    path(SERVICE + "places", offers.say_places, name="service_places"),
    path(SERVICE + "confirmer", offers.confirm, name="confirm_service"),
    path(SERVICE + "fin", offers.withdraw, name="end_service"),
    path("annuaire/structures/nouvelle/", people.new_organisation, name="new_organisation"),
    path(STRUCTURE + "offres/", offers.new, name="new_service_of"),
    path(STRUCTURE + "interlocuteurs/", people.new_correspondent, name="new_correspondent"),
    path(
        "annuaire/interlocuteurs/<uuid:correspondent_id>/",
        people.correspondent,
        name="correspondent",
    ),
    path(
        "annuaire/interlocuteurs/<uuid:correspondent_id>/fin",
        people.end_correspondent,
        name="end_correspondent",
    ),
    path("annuaire/remplacements/", calendar.locums, name="locums"),
    path("annuaire/remplacements/<uuid:contract_id>/fin", calendar.end_locum, name="end_locum"),
]
