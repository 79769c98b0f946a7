"""A checked batch in, one matrix row per alert and one per cluster out."""
