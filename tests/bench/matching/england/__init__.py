"""Synthetic England: children of 0 to 18 in households, as two agencies write them down. Seeded; nobody is real."""
