from django.urls import path

from liane.desk import pages

urlpatterns = [
    path("", pages.today, name="today"),
    path("personnes/<uuid:person_id>/", pages.record, name="record"),
]
