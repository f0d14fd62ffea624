from django.urls import path

from liane.messaging import link_pages, mail_pages, pages

urlpatterns = [
    path("lien/<str:token>/", link_pages.link, name="link"),
    path("lien/<str:token>/code/", link_pages.code, name="link-code"),
    path("lien/<str:token>/fichier/<uuid:attachment_id>/", link_pages.file, name="link-file"),
    path("messages/lien/<uuid:link_id>/code/", pages.link_code, name="message-link-code"),
    path("messages/lien/<uuid:link_id>/couper/", pages.link_revoke, name="message-link-revoke"),
    path("messages/", pages.index, name="messages"),
    path("messages/courrier/", mail_pages.index, name="mail"),
    path("messages/courrier/<uuid:mail_id>/", mail_pages.mail, name="mail-one"),
    path("messages/nouveau/", pages.new, name="message-new"),
    path("messages/brouillon/", pages.draft, name="message-draft"),
    path("messages/<uuid:thread_id>/", pages.thread, name="thread"),
    path("messages/<uuid:thread_id>/lu/", pages.read, name="thread-read"),
    path("messages/<uuid:thread_id>/je-m-en-occupe/", pages.claim, name="thread-claim"),
    path("messages/message/<uuid:message_id>/vu/", pages.acknowledge, name="message-seen"),
    path("messages/message/<uuid:message_id>/retirer/", pages.withdraw, name="message-withdraw"),
    path("messages/fichier/<uuid:attachment_id>/", pages.attachment, name="message-file"),
    path("personnes/<uuid:person_id>/messages/", pages.of_person, name="record-messages"),
]
