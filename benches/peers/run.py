"""leadscore beside the installed peers, on the same data, in the same run: `python benches/peers/run.py quality|small|speed|cost|features|engagement [options]`.

Without an argument: speed at 100,000 rows, cost at 1e5 rows, features of 1e5 events, quality with one seed. Each prints tables with ratios, the versions and the machine; what a peer needs and
is not installed is said and left out. `--help` after a name lists its options.
"""

from __future__ import annotations

import importlib
import os
import sys


def main() -> None:
    """Runs the benchmark that the first argument names."""
    benches = ("quality", "small", "speed", "cost", "features", "engagement")
    if len(sys.argv) > 1 and sys.argv[1] not in benches:
        print(__doc__)
        raise SystemExit(0 if sys.argv[1] in ("-h", "--help") else f"there is no benchmark {sys.argv[1]!r}; there are {', '.join(benches)}")
    # Read by the peers' thread pools when they are imported.
    threads = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv[:-1] else "2"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, threads)
    if len(sys.argv) > 1:
        importlib.import_module(sys.argv[1]).main(sys.argv[2:])
        return
    for name, options in (("speed", ["--rows", "1e5"]), ("cost", ["--rows", "1e5"]), ("features", ["--leads", "1e4", "--events", "1e5"]), ("quality", ["--seeds", "1"])):
        print(f"\n# {name} {' '.join(options)}\n", flush=True)
        importlib.import_module(name).main(options)


if __name__ == "__main__":
    main()
