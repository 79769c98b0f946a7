"""Run the command line as ``python -m aml_miner``."""

from aml_miner.cli import main

if __name__ == "__main__":
    main()
