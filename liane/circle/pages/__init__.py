"""Pages of persons, circles and accesses: HTTP in, HTML out."""
