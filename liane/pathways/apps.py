"""Pathways: protocols as data, the team of a project, who is followed and what is due."""

from django.apps import AppConfig


class PathwaysConfig(AppConfig):
    name = "liane.pathways"
