"""The addresses of /fhir. `liane.fhir.gate` answers them before the rest of the site wakes."""

from django.urls import path

from liane.fhir import pages, subscription_pages

urlpatterns = [
    path("parametres/abonnements/<uuid:subscription_id>/arreter/", subscription_pages.stop),
    path("fhir/", pages.fhir, {"path": ""}),
    path("fhir/<path:path>", pages.fhir, name="fhir"),
]
