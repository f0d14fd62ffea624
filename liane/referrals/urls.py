"""Addresses of requests and of searches for a professional."""

from django.urls import path

from liane.referrals import desk_pages, orientation_pages, pages, quest_pages

urlpatterns = [
    path("demandes/", pages.index, name="referrals"),
    path("demandes/nouvelle/", pages.new, name="referral_new"),
    path("personnes/<uuid:person_id>/demandes/nouvelle/", pages.new_about),
    path("demandes/<uuid:referral_id>/", pages.detail, name="referral"),
    path("demandes/<uuid:referral_id>/annuler/", pages.revoke),
    path("demandes/<uuid:referral_id>/rouvrir/", pages.reopen),
    path("demandes/documents/<uuid:referral_file_id>/", pages.document),
    path("demandes/appel/", desk_pages.call, name="referral_call"),
    path("demandes/reprendre/", desk_pages.take_over, name="referral_take_over"),
    path("demandes/<uuid:referral_id>/prendre/", desk_pages.take),
    path("demandes/<uuid:referral_id>/confier/", desk_pages.entrust),
    path("demandes/<uuid:referral_id>/qualifier/", desk_pages.qualify),
    path("demandes/<uuid:referral_id>/repondre/", desk_pages.answer),
    path("demandes/<uuid:referral_id>/refuser/", desk_pages.refuse),
    path("demandes/<uuid:referral_id>/terminer/", desk_pages.close),
    path("demandes/<uuid:referral_id>/dossier/", desk_pages.record),
    path("demandes/<uuid:referral_id>/rattacher/", desk_pages.attach),
    path("demandes/<uuid:referral_id>/position/", orientation_pages.position),
    path("demandes/<uuid:referral_id>/accord/", orientation_pages.accord),
    path("demandes/retours/<uuid:return_id>/fait/", desk_pages.settle),
    path("personnes/<uuid:person_id>/chercher/", quest_pages.new),
    path("demandes/recherches/<uuid:quest_id>/", quest_pages.detail, name="quest"),
    path("demandes/recherches/<uuid:quest_id>/annuler/", quest_pages.cancel),
    path("demandes/offres/<uuid:offer_id>/accepter/", quest_pages.accept),
    path("demandes/offres/<uuid:offer_id>/decliner/", quest_pages.decline),
    path("demandes/offres/recevoir/", quest_pages.opt),
]
