"""Addresses of the interface for scripts. `liane.api.pages.ApiMiddleware` answers them first."""

from django.urls import path

from liane.api import pages, webhook_pages

ONE = "parametres/webhooks/<uuid:webhook_id>/"
urlpatterns = [
    path("api/v1/<path:path>", pages.api, name="api"),
    path("parametres/webhooks/", webhook_pages.index, name="webhooks"),
    path(ONE + "essayer", webhook_pages.try_out, name="webhook_try"),
    path(ONE + "fin", webhook_pages.end, name="webhook_end"),
]
