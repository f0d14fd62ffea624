"""One point of entry for acts and bundles: which acts a bundle pays, which may be billed alone.

Within a coordinated pathway, interventions are financed by the bundle alone (CSS, L.162-62): what
it covers is never billed by the act. Acts go out to the billing software with what pays each, and
what that software billed is read back and compared.
"""
