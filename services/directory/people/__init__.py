"""Who works where, whom to ring now, and who stands in for whom (SD-3, SD-5, SD-7, CAF-3)."""
