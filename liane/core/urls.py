from django.urls import path

from liane.core import pages

urlpatterns = [
    path("parametres/service/", pages.service, name="service_state"),
    path("sante/live", pages.live, name="health_live"),
    path("sante/ready", pages.ready, name="health_ready"),
]
