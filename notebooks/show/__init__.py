"""The rooms behind showtools.py, their door, where the map of them is."""
