"""The child index: one record per child, who is involved, whether a CAF exists, who leads (DOMAIN 1.2)."""
