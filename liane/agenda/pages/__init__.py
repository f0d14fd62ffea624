"""Pages of the agenda: my week, a person's visits, one visit, absences, rounds, feeds."""
