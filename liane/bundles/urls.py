"""Addresses of money."""

from django.urls import path

from liane.bundles import (
    exclusivity_pages,
    invoice_pages,
    money_pages,
    pages,
    payee_pages,
    simulation_pages,
)

ONE = "forfaits/<uuid:enrolment_id>/"
INVOICE = "forfaits/factures/<uuid:invoice_id>/"
LINE = "forfaits/lignes/<uuid:invoice_line_id>/"
DRAFT = "forfaits/preparations/<uuid:draft_id>/"
urlpatterns = [
    path("forfaits/", pages.index, name="bundles"),
    path("forfaits/chiffres/<str:form>/", pages.figures_file, name="bundle_figures"),
    path("forfaits/actes/", exclusivity_pages.index, name="bundle_acts"),
    path("forfaits/actes.csv", exclusivity_pages.export, name="bundle_acts_file"),
    path("forfaits/simulations/<uuid:version_id>/", simulation_pages.one, name="bundle_simulation"),
    path("forfaits/sequences/<uuid:sequence_id>/preparer/", invoice_pages.prepare),
    path(DRAFT, invoice_pages.draft, name="bundle_draft"),
    path(DRAFT + "emettre/", invoice_pages.issue),
    path(DRAFT + "abandonner/", invoice_pages.withdraw),
    path(INVOICE, invoice_pages.invoice, name="bundle_invoice"),
    path(INVOICE + "avoir/", invoice_pages.cancel),
    path(INVOICE + "participation/", invoice_pages.share),
    path(INVOICE + "fichier/<str:form>/", invoice_pages.output),
    path(INVOICE + "pdf/", invoice_pages.paper, name="bundle_paper"),
    path(LINE + "representer/", invoice_pages.present_again),
    path(LINE + "ecart/", invoice_pages.explain),
    path(LINE + "recu/", payee_pages.received),
    path(LINE + "pdf/", payee_pages.paper, name="bundle_line_paper"),
    path("forfaits/versements/", payee_pages.mine, name="bundle_statement"),
    path("forfaits/versements/<int:year>/releve.pdf", payee_pages.sheet, name="bundle_sheet"),
    path(
        "seances/lien/<str:token>/releve/<int:year>/",
        payee_pages.sheet_by_link,
        name="bundle_sheet_link",
    ),
    path("forfaits/retours/", money_pages.returns, name="bundle_returns"),
    path("forfaits/retours/<uuid:return_id>/", money_pages.one_return, name="bundle_return"),
    path("forfaits/reversements/", money_pages.payouts, name="bundle_payouts"),
    path("forfaits/reversements/<uuid:payout_id>/", money_pages.payout, name="bundle_payout"),
    path("forfaits/reversements/<uuid:payout_id>/emettre/", money_pages.release),
    path("forfaits/reversements/<uuid:payout_id>/abandonner/", money_pages.give_up),
    path("forfaits/reversements/<uuid:payout_id>/virements.xml", money_pages.bank_file),
    path("forfaits/comptabilite.csv", money_pages.accounts_file, name="bundle_accounts"),
    path(ONE, pages.one, name="bundle"),
    path(ONE + "droits/", pages.rights, name="bundle_rights"),
]
