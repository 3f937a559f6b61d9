"""What the pocket model learns of real photos: sentences about them, in two languages."""
