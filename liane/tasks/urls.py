"""Addresses of tasks."""

from django.urls import path

from liane.tasks import pages

urlpatterns = [
    path("taches/", pages.mine, name="tasks"),
    path("taches/nouvelle/", pages.new),
    path("taches/<uuid:task_id>/", pages.detail),
    path("taches/<uuid:task_id>/faite/", pages.done),
    path("taches/<uuid:task_id>/prendre/", pages.take),
    path("taches/<uuid:task_id>/rouvrir/", pages.reopen),
    path("taches/<uuid:task_id>/refuser/", pages.refuse),
    path("personnes/<uuid:person_id>/taches/nouvelle/", pages.new_about),
]
