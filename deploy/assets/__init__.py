"""Front-end assets that come from a registry at set-up and are never kept in the repository."""
