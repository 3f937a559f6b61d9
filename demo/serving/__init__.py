"""Many users of one model: their requests are computed together, and none of them notices the others."""
