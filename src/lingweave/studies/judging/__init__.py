"""From evaluations to figures, and from figures to what is said of claims."""
