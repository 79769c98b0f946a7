"""Speed and quality, apart from the tests; run them with ``make bench``."""
