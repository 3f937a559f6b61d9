"""What the picture world says: sentences, questions, moods, words with two meanings."""
