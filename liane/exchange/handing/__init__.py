"""Handing on what a record holds: as a file, to the DMP, to the person's own mailbox."""
