"""The authorization server: OAuth 2, OpenID Connect, SMART App Launch 2 and Backend Services."""
