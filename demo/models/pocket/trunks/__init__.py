"""Pretrained networks that are kept as they are: what the pocket model sees and hears with.

One file per network (efficientnet.py, yamnet.py), and one per sense that turns a decoded picture or sound
into its input and says where its tokens lie (pictures.py, sounds.py). checkpoints/trunks.py opens them.
"""
