"""The command line: flags, verbs and how answers are printed. The page is demo/ui."""
