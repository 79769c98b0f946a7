#!/usr/bin/env python3
"""Hold a server against the library with a sample batch: every route, determinism, latency; and write a report.

As ``aml-miner validate-api``, whose options it takes: without a URL a server is started for it.
"""

import sys

from aml_miner.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["validate-api"]
    main()
