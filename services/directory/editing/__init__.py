"""How entries of the directory come about: written by their owners, decided on by editors, published."""
