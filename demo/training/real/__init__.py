<<<<<<< HEAD
"""What the pocket model learns of real photos: sentences about them, in two languages."""
=======
"""Learning from photos that people described: sentences, and what can be asked about them."""
>>>>>>> questions
