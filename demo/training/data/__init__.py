"""What the recipe learns from: archives, scenes, sentences, speech, and how they are varied."""
