"""CDA R2 documents as the French framework (CI-SIS) asks: written, read, shown. No model here."""
