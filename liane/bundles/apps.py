"""Bundles: what a sequence is worth, to whom each cent goes, and why."""

from django.apps import AppConfig


class BundlesConfig(AppConfig):
    name = "liane.bundles"
