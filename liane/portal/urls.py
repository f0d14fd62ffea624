from django.urls import path

from liane.portal import assessment_pages, bundle_pages, meeting_pages, pages, plan_pages

urlpatterns = [
    path("portail/", pages.home, name="portal"),
    path("portail/rendez-vous/", pages.visits, name="portal_visits"),
    path("portail/cercle/", pages.members, name="portal_circle"),
    path("portail/cercle/<uuid:membership_id>/opposition", pages.oppose, name="portal_oppose"),
    path("portail/cercle/<uuid:membership_id>/reponse", pages.answer, name="portal_answer"),
    path("portail/oppositions/<uuid:opposition_id>/lever", pages.lift, name="portal_lift"),
    path("portail/partage/", pages.shared, name="portal_shared"),
    path("portail/partage/<uuid:object_id>/lecteurs/", pages.mask, name="portal_mask"),
    path("portail/plan/", plan_pages.plan, name="portal_plan"),
    path("portail/plan/paroles/", plan_pages.words, name="portal_plan_words"),
    path("portail/plan/reponse/", plan_pages.answer, name="portal_plan_answer"),
    path("portail/reunions/", meeting_pages.mine, name="portal_meetings"),
    path("portail/evaluations/", assessment_pages.mine, name="portal_assessments"),
    path("portail/avis/", assessment_pages.opinions, name="portal_opinions"),
    path("portail/avis/<uuid:accompaniment_id>/", assessment_pages.give, name="portal_opinion"),
    path("portail/forfaits/", bundle_pages.mine, name="portal_bundles"),
    path("portail/forfaits/<uuid:invoice_id>/pdf/", bundle_pages.paper, name="portal_bundle_paper"),
    path("portail/acces/", pages.openings, name="portal_openings"),
    path("portail/coordonnees/", pages.contact_data, name="portal_where"),
    path("portail/souhaits/", pages.my_wishes, name="portal_wishes"),
    path("portail/proches/", pages.carers, name="portal_carers"),
    path("portail/proches/<uuid:contact_id>/", pages.carer, name="portal_carer"),
]
