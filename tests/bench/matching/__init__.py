"""`python -m tests.bench.matching`: how well the matcher finds children, beside its peers, in one run."""
