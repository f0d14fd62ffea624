"""Addresses of the interface for scripts. `liane.api.pages.ApiMiddleware` answers them first."""

from django.urls import path

from liane.api import pages

urlpatterns = [path("api/v1/<path:path>", pages.api, name="api")]
