"""The services of Kith, each a process that owns its data, and the libraries they stand on."""
