"""Addresses of relations, campaigns and unmet needs: rubrics of the directory."""

from django.urls import path

from liane.partners import campaign_pages as campaign
from liane.partners import pages
from liane.partners import unmet_pages as unmet

ONE = "annuaire/relations/<uuid:partnership_id>/"
CAMPAIGN = "annuaire/campagnes/<uuid:campaign_id>/"
urlpatterns = [
    path("annuaire/relations/", pages.index, name="partners"),
    path("annuaire/structures/<uuid:organisation_id>/relation", pages.begin, name="begin_relation"),
    path(ONE, pages.detail, name="partnership"),
    path(ONE + "etape/", pages.move),
    path(ONE + "convention/", pages.sign),
    path("annuaire/conventions/<uuid:convention_id>/document", pages.attach),
    path("annuaire/conventions/<uuid:convention_id>/fin/", pages.end),
    path("annuaire/conventions/fichiers/<uuid:convention_file_id>/", pages.document),
    path("annuaire/campagnes/", campaign.index, name="campaigns"),
    path("annuaire/campagnes/nouvelle/", campaign.new),
    path(CAMPAIGN, campaign.detail, name="campaign"),
    path(CAMPAIGN + "structures/", campaign.choose, name="campaign_choice"),
    path(CAMPAIGN + "lancer", campaign.run),
    path(CAMPAIGN + "terminer", campaign.close),
    path("annuaire/campagnes/structures/<uuid:target_id>/", campaign.attempt),
    path("annuaire/besoins/", unmet.index, name="unmet_needs"),
    path("annuaire/besoins/nouveau/", unmet.new),
    path("annuaire/besoins/<uuid:unmet_id>/", unmet.settle),
    path("demandes/<uuid:referral_id>/manque/", unmet.of_request),
]
