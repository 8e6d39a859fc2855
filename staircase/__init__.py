"""The rooms of the staircase, one for each step; `audiotools` is the door to them."""
