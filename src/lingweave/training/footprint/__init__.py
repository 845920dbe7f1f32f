"""What a run takes before it starts: parameters, memory by part, operations, time."""

from lingweave.training.footprint.footprint import Footprint, footprint_of
from lingweave.training.footprint.show import print_footprint

__all__ = ["Footprint", "footprint_of", "print_footprint"]
