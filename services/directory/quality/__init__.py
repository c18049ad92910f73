"""Freshness and quality: what is to be confirmed, what is wrong or missing, what is there twice (issue 7, no. 4)."""
