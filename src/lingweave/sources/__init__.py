"""One reader a format, each returning a ParallelTable or a Benchmark."""
