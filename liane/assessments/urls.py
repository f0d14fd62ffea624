"""Addresses of assessments."""

from django.urls import path

from liane.assessments import pages

urlpatterns = [
    path("personnes/<uuid:person_id>/evaluations/", pages.listing, name="assessments"),
    path("personnes/<uuid:person_id>/evaluations/nouvelle/", pages.new, name="assessment-new"),
    path("evaluations/<uuid:response_id>/", pages.detail, name="assessment"),
    path("evaluations/<uuid:response_id>/remplir/", pages.fill, name="assessment-fill"),
    path("evaluations/<uuid:response_id>/terminer/", pages.complete, name="assessment-complete"),
    path("evaluations/<uuid:response_id>/corriger/", pages.amend, name="assessment-amend"),
    path("evaluations/<uuid:response_id>/annuler/", pages.withdraw, name="assessment-withdraw"),
    path("evaluations/<uuid:response_id>/pdf/", pages.paper, name="assessment-paper"),
    path("evaluations/<uuid:response_id>/imprimer/", pages.printed, name="assessment-print"),
]
