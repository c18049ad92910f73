"""Consents, and what may be shared because of them (CON-1, CON-3, CON-11)."""
