"""Makes a model of the matcher from records: `python -m services.matching.training`. Never needed at run time."""
