"""The rules of consent on plain data: who may decide for a child (`responsibility`), what may be done (`decision`)."""
