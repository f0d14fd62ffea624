from django.urls import path

from liane.core import pages

urlpatterns = [
    path("sante/live", pages.live, name="health_live"),
    path("sante/ready", pages.ready, name="health_ready"),
]
