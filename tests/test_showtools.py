"""The door hands on what the rooms of show/ make, and between the rooms arrows run one way."""

import ast

import pytest
from conftest import ROOT

import showtools as st

# Each asks only those before it.
ROOMS = "words figures players sentences claims panels sound_input"
ROOMS = [*ROOMS.split(), "workbench", "own_voice", "feature_bench"]
TREES = {room: ast.parse((ROOT / f"notebooks/show/{room}.py").read_text("utf-8")) for room in ROOMS}


def asked(room):
    """Returns what a room takes from others: ``{name: room}``."""
    found = {}
    for node in ast.walk(TREES[room]):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("show"):
            found |= {alias.name: node.module.removeprefix("show.") for alias in node.names}
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_asks_only_those_before_it(room):
    assert set(asked(room).values()) <= set(ROOMS[: ROOMS.index(room)])


def test_what_others_take_carries_no_underscore():
    assert not [name for room in ROOMS for name in asked(room) if name.startswith("_")]


def test_every_public_name_is_at_the_door_in_reading_order_or_lent_to_another_room():
    lent = {name for room in ROOMS for name in asked(room)}
    made = [
        node.name
        for room in ROOMS
        for node in TREES[room].body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    ]
    at_door = [name for name in st.__all__ if name not in ("DATA", "OWN_CLIPS")]
    assert [name for name in made if name in at_door] == at_door
    assert set(made) - set(at_door) <= lent
    assert all(hasattr(st, name) for name in st.__all__)
