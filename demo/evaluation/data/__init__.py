"""Sets that the abilities are measured on: classes of public data, digits made hard to see and hear."""
