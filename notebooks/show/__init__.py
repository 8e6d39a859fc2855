"""The rooms of show; `showtools` is the door to them."""
