from django.urls import path

from liane.insight import pages
from liane.insight.pathway import pages as pathway

urlpatterns = [
    path("pilotage/", pages.index, name="insight"),
    path("pilotage/export/<str:form>", pages.export, name="insight_export"),
    path("pilotage/pdf/", pages.ask, name="insight_pdf"),
    path("pilotage/rapports/<uuid:report_id>/", pages.document, name="insight_document"),
    path("pilotage/parcours/", pathway.index, name="insight_pathway"),
    path("pilotage/parcours/export/<str:form>", pathway.export, name="insight_pathway_export"),
    path("pilotage/liste/<str:figure>/", pages.behind, name="insight_behind"),
]
