"""A Django project of one file: one view, one query, one line of JSON."""

import os
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

from config import env

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=["django.contrib.contenttypes"],
    DATABASES={"default": env.database(os.environ.get("LIANE_DATABASE_URL", ""), env.data_dir())},
    USE_TZ=True,
)
django.setup()


def one_row(request: HttpRequest) -> JsonResponse:
    """One query by key."""
    from django.contrib.contenttypes.models import ContentType

    row = ContentType.objects.get(pk=1)
    return JsonResponse({"app": row.app_label, "model": row.model})


urlpatterns: list[Any] = [path("", one_row)]
application = get_wsgi_application()
