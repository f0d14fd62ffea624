"""Hospital messages (HL7 v2 ADT, IHE PAM French profile): read, checked, answered. Pure code."""
