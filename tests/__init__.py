"""The tests of Kith."""
