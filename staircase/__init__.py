"""The rooms of `audiotools`, one for each step of the staircase; it is the door to them."""
