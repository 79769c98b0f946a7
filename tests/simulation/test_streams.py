import numpy as np

from aml_miner.simulation.streams import open_stream


def test_a_purpose_repeats_its_numbers() -> None:
    first, second = open_stream(1, "rents").random(5), open_stream(1, "rents").random(5)
    np.testing.assert_array_equal(first, second)


def test_purposes_and_seeds_differ() -> None:
    draws = [
        open_stream(seed, purpose).integers(2**62)
        for seed, purpose in ((1, "rents"), (2, "rents"), (1, "stner"), (1, "rent"))
    ]
    assert len(set(draws)) == 4
