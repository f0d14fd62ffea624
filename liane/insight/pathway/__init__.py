"""The dashboard of a coordinated pathway: inclusions, adherence, delays, exits, money, load."""
