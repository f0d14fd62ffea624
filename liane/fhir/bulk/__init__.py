"""Bulk Data Access 2.0: ``$export`` by machines, made by the worker, fetched as NDJSON.

``kickoff`` takes the request, ``making`` writes the files under the reach and scopes that the
application has then, ``kept`` gives them back, deletes them, and lets them expire.
"""

from liane.fhir.bulk.kept import PATH, read

__all__ = ["PATH", "read"]
