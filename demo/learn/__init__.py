"""Guided lessons: data files, the material they show, and what the model really does with it."""
