"""`python -m specxl` is the `specxl` command."""

from specxl.cli import main

if __name__ == "__main__":
    main()
