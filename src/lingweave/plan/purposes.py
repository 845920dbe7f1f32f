"""What a random number of a plan is for: one number never serves two purposes."""

KIND, LANGUAGE, ROWS, REFILL, DATASET, WALK, TURN, VIEW = range(8)
