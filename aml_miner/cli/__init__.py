"""The command line: each command decodes its arguments, calls the library and prints what came out."""

from aml_miner.cli.main import main, serve_main, train_main

__all__ = ["main", "serve_main", "train_main"]
