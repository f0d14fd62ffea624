"""Addresses. Each room keeps its own; the fixed ones are in the contract of the project."""

from importlib import import_module

from django.urls import path

from liane.circle.seat_pages import act_for
from liane.core.routes import by_word

ROOMS = (
    "accounts", "agenda", "api", "assessments", "careplans", "meetings", "bundles", "circle",
    "clients", "core", "demo", "desk", "directory", "exchange", "fhir", "federation", "followups",
    "partners", "insight", "messaging", "notifications", "pathways", "portal", "referrals",
    "stays", "tasks", "timeline",
)  # fmt: skip

urlpatterns = by_word(
    [
        *(one for room in ROOMS for one in import_module(f"liane.{room}.urls").urlpatterns),
        path("compte/agir-pour", act_for, name="act_for"),
    ]
)
