from django.urls import path

from liane.timeline import pages

RECORD = "personnes/<uuid:person_id>/"

urlpatterns = [
    path(RECORD + "fil/", pages.stream, name="stream"),
    path(RECORD + "notes/", pages.write, name="note_write"),
    path(RECORD + "notes/<uuid:note_id>/corriger/", pages.correct, name="note_correct"),
    path(RECORD + "notes/<uuid:note_id>/en-tete/", pages.pin, name="pin"),
    path(RECORD + "masquer/<uuid:object_id>/", pages.hide, name="hide"),
    path(RECORD + "vigilances/<uuid:pin_id>/retirer/", pages.unpin, name="unpin"),
    path(RECORD + "documents/", pages.documents, name="documents"),
    path(RECORD + "documents/<uuid:document_id>/", pages.document, name="document"),
    path(
        RECORD + "documents/<uuid:document_id>/classer/", pages.file_document, name="document_file"
    ),
    path(RECORD + "dossier-interne/", pages.working, name="working"),
    path(
        RECORD + "dossier-interne/<uuid:working_id>/corriger/",
        pages.correct_working,
        name="working_correct",
    ),
]
