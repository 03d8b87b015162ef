"""``make bench``: every ``bench_*.py`` here, each figure beside a named peer measured in the same run.

Name some to run only those: ``python -m tests.benchmarks redaction``. Ratios travel between machines; seconds do not.
"""

import importlib
import os
import pkgutil
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")


def main(wanted: list[str]) -> int:
    """Run the benchmarks and print the table; the exit code says whether all of them ran."""
    from rich.console import Console
    from rich.table import Table

    import tests.benchmarks as package

    names = [m.name for m in pkgutil.iter_modules(package.__path__) if m.name.startswith("bench_")]
    chosen = [name for name in names if not wanted or name.removeprefix("bench_") in wanted]
    table = Table("benchmark", "ours", "peer", "ratio", "peer is", title="make bench")
    failed = 0
    for name in chosen:
        began = time.perf_counter()
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            for row in importlib.import_module(f"tests.benchmarks.{name}").run():
                cells = (
                    row.name,
                    row.shown(row.ours),
                    row.shown(row.peer),
                    f"{row.ratio:.2f} ×",
                    row.peer_name,
                )
                table.add_row(*cells)
                print(
                    "  " + " | ".join(cells), file=sys.stderr, flush=True
                )  # a run cut short keeps its figures
        except Exception as error:
            failed += 1
            table.add_row(name, "failed", str(error)[:60], "", "")
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    Console(width=120).print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
