"""Which language a text is in, and the same in another, by rules that need nothing else."""
