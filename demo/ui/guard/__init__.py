"""What stands between a stranger and the models: SECURITY.md says what is promised here."""
