"""The graph of addresses joined by money, and what an address's place in it is."""
