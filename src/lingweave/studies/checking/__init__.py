"""What is looked for before the first run."""
