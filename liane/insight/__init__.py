"""The activity report: what people did, counted; nobody fills anything in."""
