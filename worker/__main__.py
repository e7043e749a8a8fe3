"""`python -m worker` is `feedwacht`."""

from worker.cli import main

if __name__ == "__main__":
    main()
