"""What was measured, by round: medians are printed as `FIGURE name value unit`."""

import statistics
import sys


class Figures:
    """The values of each figure, one a round."""

    def __init__(self):
        self.values = {}
        self.units = {}

    def add(self, name, value, unit):
        self.values.setdefault(name, []).append(value)
        self.units[name] = unit
        print(f"  {name} {value:.6g} {unit}", file=sys.stderr, flush=True)

    def count(self, name, number, unit):
        """Adds to what is counted over all rounds."""
        self.values[name] = [self.values.get(name, [0])[0] + number]
        self.units[name] = unit

    def print(self):
        """The median of each, and the lowest and the highest where there are several."""
        for name, values in self.values.items():
            unit = self.units[name]
            print(f"FIGURE {name} {statistics.median(values):.6g} {unit}".rstrip())
            if len(values) > 1:
                print(f"FIGURE {name}_low {min(values):.6g} {unit}".rstrip())
                print(f"FIGURE {name}_high {max(values):.6g} {unit}".rstrip())
