"""How good the answers are, and how fast: data sets, measures, the report in the model card."""
