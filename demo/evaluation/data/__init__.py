"""Data sets of one's own: folders, archives and manifests become examples."""
