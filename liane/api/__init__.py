"""The small interface for scripts, at /api/v1: what is not FHIR, said in OpenAPI 3.1.

Same tokens, same SMART scopes and same reach as /fhir; it calls the verbs that pages call.
"""
