"""Addresses of notifications; the worker of the browser must be served from the root."""

from django.urls import URLPattern, path

from liane.notifications import pages

urlpatterns: list[URLPattern] = [
    path("notifications/", pages.inbox, name="notifications"),
    path("notifications/lues", pages.mark_read, name="notifications_read"),
    path("notifications/<uuid:notification_id>/ouvrir", pages.follow, name="notification_follow"),
    path("notifications/choix", pages.choose, name="notifications_choose"),
    path("notifications/cercle", pages.choose_circle, name="notifications_circle"),
    path("notifications/appareil", pages.subscribe, name="notifications_subscribe"),
    path(
        "notifications/appareil/<uuid:subscription_id>/retirer",
        pages.unsubscribe,
        name="notifications_unsubscribe",
    ),
    path("sw.js", pages.browser_worker, name="browser_worker"),
]
