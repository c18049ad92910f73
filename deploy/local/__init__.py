"""The embedded runtime: everything of Kith on one machine, as plain processes (DESIGN section 4)."""
