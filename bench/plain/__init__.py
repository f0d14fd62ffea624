"""The yardstick of the throughput bench: the least Django view that reads one row, served alike."""
