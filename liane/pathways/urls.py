"""Addresses of the pathways."""

from django.urls import path

from liane.pathways.pages import (
    confirming,
    enrolments,
    including,
    listing,
    projects,
    protocols,
    slots,
)

PROJECT = "parcours/projets/<uuid:project_id>/"
SIGNATORY = "parcours/signataires/<uuid:signatory_id>/"
PROTOCOL = "parcours/protocoles/<slug:key>/"
VERSION = "parcours/versions/<uuid:version_id>/"
ONE = "parcours/<uuid:enrolment_id>/"
RECORD = "personnes/<uuid:person_id>/parcours/"
urlpatterns = [
    path("parcours/", projects.index, name="pathways"),
    path(PROJECT, projects.detail, name="pathway_project"),
    path(PROJECT + "inclure/", including.choose),
    path(PROJECT + "equipe/", projects.join),
    path(PROJECT + "signatures/", projects.sign_all),
    path(PROJECT + "etape/", projects.milestone),
    path(PROJECT + "avenant/", projects.amend),
    path(PROJECT + "compte/", projects.account),
    path(PROJECT + "cle/", projects.share),
    path("parcours/cles/<uuid:agreement_id>/", projects.confirm_key),
    path(PROJECT + "version/", protocols.take),
    path(PROJECT + "fin/", projects.end),
    path(SIGNATORY + "signature/", projects.sign),
    path(SIGNATORY + "ordre/", projects.order),
    path(SIGNATORY + "numero/", projects.number),
    path(SIGNATORY + "depart/", projects.leave),
    path(PROTOCOL, protocols.detail, name="protocol"),
    path(PROTOCOL + "projet/", projects.new),
    path(PROTOCOL + "version/", protocols.draft),
    path(VERSION, protocols.edit, name="protocol_version"),
    path(VERSION + "essai/", protocols.rehearse),
    path(VERSION + "completer/", protocols.complete),
    path(VERSION + "publier/", protocols.publish),
    path("parcours/seances/", confirming.index, name="sessions_to_confirm"),
    path("parcours/seances/acte/", confirming.say, name="say_act"),
    path("parcours/seances/confirmer/", confirming.confirm_all),
    path("parcours/seances/code/<uuid:practice_id>/", confirming.spoken),
    path("parcours/seances/<uuid:confirmation_id>/confirmer/", confirming.confirm),
    path("parcours/seances/<uuid:confirmation_id>/contester/", confirming.contest),
    path("seances/lien/<str:token>/", confirming.link, name="sessions_link"),
    path("seances/lien/<str:token>/code/", confirming.code, name="sessions_link_code"),
    path(ONE, enrolments.detail, name="enrolment"),
    path("parcours/creneaux/parties/<uuid:part_id>/", slots.answer),
    path("parcours/creneaux/<uuid:proposal_id>/retirer/", slots.withdraw),
    path(ONE + "creneaux/", slots.search),
    path(ONE + "criteres/", including.answers),
    path(ONE + "information/", including.inform),
    path(ONE + "decision/", including.decide),
    path(ONE + "validation/", including.validate),
    path(ONE + "refus/", including.refuse),
    path(ONE + "suspendre/", enrolments.suspend),
    path(ONE + "reprendre/", enrolments.resume),
    path(ONE + "fin/", enrolments.end),
    path(ONE + "piece/", enrolments.document),
    path(ONE + "date/", enrolments.anchor),
    path(ONE + "confier/", enrolments.entrust),
    path(ONE + "relancer/", enrolments.remind),
    path(RECORD, enrolments.tab, name="pathways_of"),
    path(RECORD + "proposer/", including.propose),
    path("file-active/parcours/", listing.index, name="pathway_list"),
    path("file-active/parcours/actions/", listing.act),
    path("file-active/parcours/vues/", listing.keep),
    path("file-active/parcours/export.<str:form>", listing.export),
]
