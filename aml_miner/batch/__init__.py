"""Tables in: schemas, checking, reading, writing and META.json."""
