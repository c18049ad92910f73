"""Search: finds a child across agencies in spite of misspellings (DESIGN 6). Owns a projection of hashes only."""
