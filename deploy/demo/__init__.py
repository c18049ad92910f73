"""The synthetic town: invented children, the agencies that know them, and what each wrote down (DOMAIN Part 4)."""
