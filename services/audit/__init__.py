"""The access trail: who was shown what, in a chain in which nothing can be changed unseen (S14, S15)."""
