"""Ways to run Kith: the embedded runtime, real engines, the demo town, containers."""
