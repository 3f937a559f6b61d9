"""What was measured, as tables beside the weights and on the command line."""
