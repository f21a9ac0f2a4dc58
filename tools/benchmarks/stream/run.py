"""Measures the stream server beside nchan, in rounds, and prints the medians.

`run.py [--quick] --directory DIR --programs DIR --text FILE [NAME…]`: names of measures, all of
them without one. Both servers are measured in turn within each round. What cannot be measured is
told on standard error, and is missing among the figures.
"""

import argparse
import signal
import subprocess
import sys

import load
import measures
import servers
from figures import Figures

FILES_WANTED = 20_000
ROUNDS = 3


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--directory", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("names", nargs="*", help="measures; all of them if none is named")
    given = parser.parse_args()
    # What was started is ended then too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    files = servers.raise_files(FILES_WANTED)
    if files < FILES_WANTED:
        print(f"only {files} files may be open, not {FILES_WANTED}", file=sys.stderr)
    figures = Figures()
    bench = measures.Bench(
        given.directory, given.programs, given.text, given.quick, files, figures
    )
    chosen = [each for each in measures.ALL if not given.names or each.__name__ in given.names]
    try:
        for number in range(1 if given.quick else ROUNDS):
            for measure in chosen:
                print(f"== round {number + 1}: {measure.__name__}", file=sys.stderr, flush=True)
                try:
                    measure(bench)
                except (load.Failed, OSError, RuntimeError, subprocess.SubprocessError) as error:
                    print(f"{measure.__name__} cannot be measured: {error}", file=sys.stderr)
    finally:
        measures.forget(bench)
    figures.print()


main()
