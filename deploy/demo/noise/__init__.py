"""The ways in which a copy differs from the truth (DOMAIN 4.4).

Pure functions: value and random source in, value out.
"""
