"""Addresses. Each room keeps its own; the fixed ones are in the contract of the project."""

from django.urls import include, path

from liane.circle.seat_pages import act_for

urlpatterns = [
    path("", include("liane.accounts.urls")),
    path("", include("liane.agenda.urls")),
    path("", include("liane.api.urls")),
    path("", include("liane.assessments.urls")),
    path("", include("liane.careplans.urls")),
    path("", include("liane.meetings.urls")),
    path("", include("liane.bundles.urls")),
    path("", include("liane.circle.urls")),
    path("", include("liane.clients.urls")),
    path("", include("liane.core.urls")),
    path("", include("liane.demo.urls")),
    path("", include("liane.desk.urls")),
    path("", include("liane.directory.urls")),
    path("", include("liane.exchange.urls")),
    path("", include("liane.fhir.urls")),
    path("", include("liane.federation.urls")),
    path("", include("liane.followups.urls")),
    path("", include("liane.partners.urls")),
    path("", include("liane.insight.urls")),
    path("", include("liane.messaging.urls")),
    path("", include("liane.notifications.urls")),
    path("", include("liane.pathways.urls")),
    path("", include("liane.portal.urls")),
    path("", include("liane.referrals.urls")),
    path("", include("liane.stays.urls")),
    path("", include("liane.tasks.urls")),
    path("", include("liane.timeline.urls")),
    path("compte/agir-pour", act_for, name="act_for"),
]
