"""The settlement engine, pure: (protocol, facts) → sequences, lines in cents, refusals."""
