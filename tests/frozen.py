"""Imported last by the server that tests' processes are forked from: what it has imported is shared
by them, and not looked through by their collections of garbage."""

import gc

gc.collect()
gc.freeze()
