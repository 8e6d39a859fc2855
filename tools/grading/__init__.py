"""Grades submissions: what `make grade` does, room by room.

collect.py   which files are whose, whatever their names and folders
answers.py   what of a notebook is an answer, and whether it is one of ours
fence.py     a process with limits for what others wrote, and data out of it
room.py      the course's own notebook, run once, and the answers in it
report.py    points, grades.csv, a page for each student, a summary
"""
