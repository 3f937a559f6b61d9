"""Heatmaps as layers and as finished pictures, with Pillow and numpy alone: no Gradio, no torch."""
