"""Time and memory per request, measured side by side in one run."""
