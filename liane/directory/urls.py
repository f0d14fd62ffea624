from django.urls import path

from liane.directory import calendar_pages as calendar
from liane.directory import pages
from liane.directory import territory_pages as territory

urlpatterns = [
    path("annuaire/", pages.home, name="directory"),
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
    path("annuaire/remplacements/", calendar.locums, name="locums"),
    path("annuaire/remplacements/<uuid:contract_id>/fin", calendar.end_locum, name="end_locum"),
]
