"""Addresses of the agenda."""

from django.urls import path

from liane.agenda.pages import feed, opening, plan, rounds, visit, week

urlpatterns = [
    path("agenda/", week.mine, name="agenda"),
    path("agenda/collegue/", week.of_colleague),
    path("agenda/noter/", week.choose_person),
    path("agenda/visites/<uuid:appointment_id>/", visit.detail),
    path("agenda/visites/<uuid:appointment_id>/faite/", visit.done),
    path("agenda/visites/<uuid:appointment_id>/pas-faite/", visit.undo),
    path("agenda/visites/<uuid:appointment_id>/acte/", visit.act),
    path("agenda/visites/<uuid:appointment_id>/constat/", visit.outcome),
    path("agenda/visites/<uuid:appointment_id>/deplacer/", visit.move),
    path("agenda/visites/<uuid:appointment_id>/annuler/", visit.cancel),
    path("agenda/visites/<uuid:appointment_id>/non-faite/", visit.missed),
    path("agenda/visites/<uuid:appointment_id>/prendre/", visit.take),
    path("agenda/reprises/<uuid:cause_id>/", visit.resume),
    path("agenda/reprises/<uuid:cause_id>/ne-pas-reprendre/", visit.decline),
    path("agenda/series/<uuid:series_id>/arreter/", plan.stop_series),
    path("agenda/import/", rounds.new),
    path("agenda/import/<uuid:batch_id>/", rounds.review),
    path("agenda/horaires/", opening.mine),
    path("agenda/horaires/<uuid:opening_id>/fermer/", opening.close),
    path("agenda/abonnement/", feed.mine),
    path("agenda/abonnement/<uuid:feed_id>/revoquer/", feed.revoke),
    path("agenda/flux/<str:token>.ics", feed.calendar),
    path("personnes/<uuid:person_id>/agenda/", week.of_person),
    path("personnes/<uuid:person_id>/agenda/nouvelle/", plan.new),
    path("personnes/<uuid:person_id>/agenda/noter/", plan.note),
]
