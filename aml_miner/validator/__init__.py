"""Judging what a miner answers, by rules that change with time."""
