"""Applications of others: what they may ask for, their tokens, and who let them in."""
