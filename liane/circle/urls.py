from django.urls import path

from liane.circle.pages import accesses, circle, identity, linking, past, persons, sheet

urlpatterns = [
    path("personnes/", persons.people, name="people"),
    path("personnes/nouvelle", persons.new, name="person_new"),
    path("personnes/nouvelle/datamatrix", persons.scan, name="person_scan"),
    path("personnes/rejoindre", persons.join, name="person_join"),
    path("personnes/redemander", persons.ask_again, name="person_ask_again"),
    path("personnes/urgence", accesses.emergency, name="emergency"),
    path("acces/equipe/", accesses.team, name="accesses_team"),
    path("acces/urgences/", accesses.officer, name="accesses_officer"),
    path("parametres/mes-acces/", accesses.mine, name="my_accesses"),
    path("parametres/dossiers-quittes/", past.records, name="records_left"),
    path("parametres/dossiers-quittes/<uuid:person_id>/", past.record, name="record_left"),
    path("personnes/<uuid:person_id>/acces/", accesses.of_record, name="accesses"),
    path("personnes/<uuid:person_id>/cercle/", circle.members, name="circle"),
    path("personnes/<uuid:person_id>/cercle/inviter", circle.invite, name="circle_invite"),
    path(
        "personnes/<uuid:person_id>/cercle/<uuid:membership_id>/retirer",
        circle.remove,
        name="circle_remove",
    ),
    path(
        "personnes/<uuid:person_id>/cercle/<uuid:membership_id>/quitter",
        circle.leave,
        name="circle_leave",
    ),
    path(
        "personnes/<uuid:person_id>/cercle/<uuid:membership_id>/reponse",
        circle.answer_request,
        name="circle_answer",
    ),
    path(
        "personnes/<uuid:person_id>/cercle/<uuid:membership_id>/opposition",
        circle.oppose,
        name="circle_oppose",
    ),
    path(
        "personnes/<uuid:person_id>/cercle/oppositions/<uuid:opposition_id>/lever",
        circle.lift,
        name="circle_lift",
    ),
    path(
        "cercles/invitations/<uuid:membership_id>",
        circle.answer_invitation,
        name="invitation_answer",
    ),
    path("personnes/<uuid:person_id>/identite/", identity.identity, name="identity"),
    path("personnes/<uuid:person_id>/identite/fiche", sheet.page, name="identity_sheet"),
    path("personnes/<uuid:person_id>/identite/fiche.pdf", sheet.pdf, name="identity_sheet_pdf"),
    path(
        "personnes/<uuid:person_id>/identite/coordonnees",
        identity.contact_data,
        name="identity_where",
    ),
    path("personnes/<uuid:person_id>/identite/etat-civil", identity.traits, name="identity_traits"),
    path("personnes/<uuid:person_id>/identite/ins", identity.ins_status, name="identity_ins"),
    path("personnes/<uuid:person_id>/identite/homonyme", identity.twin, name="identity_twin"),
    path("personnes/<uuid:person_id>/identite/souhait", identity.wish, name="identity_wish"),
    path("personnes/<uuid:person_id>/identite/deces", identity.death, name="identity_death"),
    path("personnes/<uuid:person_id>/identite/medecin", identity.doctor, name="identity_doctor"),
    path("personnes/<uuid:person_id>/identite/rapprocher", linking.link, name="identity_link"),
    path(
        "personnes/<uuid:person_id>/identite/liens/<uuid:link_id>/defaire",
        linking.unlink,
        name="identity_unlink",
    ),
    path("personnes/<uuid:person_id>/entourage/nouveau", identity.contact_new, name="contact_new"),
    path(
        "personnes/<uuid:person_id>/entourage/<uuid:contact_id>/",
        identity.contact,
        name="contact",
    ),
    path(
        "personnes/<uuid:person_id>/entourage/<uuid:contact_id>/confiance",
        identity.contact_trust,
        name="contact_trust",
    ),
    path(
        "personnes/<uuid:person_id>/entourage/<uuid:contact_id>/acces",
        identity.contact_access,
        name="contact_access",
    ),
    path(
        "personnes/<uuid:person_id>/entourage/<uuid:contact_id>/retirer",
        identity.contact_end,
        name="contact_end",
    ),
]
