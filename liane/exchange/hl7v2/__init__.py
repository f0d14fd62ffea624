"""Hospital messages (HL7 v2: ADT of the French PAM profile, SIU, MDM, ORU), read and answered."""
