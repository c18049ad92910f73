"""Other publishers' services, taken in: fetched, staged, compared, shown to an editor and only then published."""
