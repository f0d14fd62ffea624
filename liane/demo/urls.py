from django.urls import path

from liane.demo import pages

urlpatterns = [
    path("demo/", pages.door, name="demo"),
    path("demo/connexion", pages.enter, name="demo_enter"),
]
