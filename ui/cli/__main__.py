"""``python -m ui.cli``."""

from ui.cli import main

if __name__ == "__main__":
    main()
