"""The page and the API: everything that knows Gradio. Sees arrays and JSON, never tensors.

Importing this package imports nothing: the command line draws with demo.ui.drawing and needs no Gradio.
"""
