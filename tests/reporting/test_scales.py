"""Numbers, shares and ticks as the report writes them."""

import pytest

from disco_jax.reporting.scales import Scale, number, percent, shared_format


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([0.83, 0.91], ",.4f"),
        ([-1200.0, 3400.0], ",.0f"),
        ([0.5], ",.4f"),
        ([0.0], ",.0f"),
        ([], ",.0f"),
        ([1e-12, 2e-12], ".3e"),
        ([1e9, 2e9], ".3e"),
        ([1e308, -1e308], ".3e"),
    ],
)
def test_formats_show_the_spread(values, form):
    assert shared_format(values) == form


def test_numbers_as_text():
    assert [number(v, ",.1f") for v in (-1234.56, -0.04, None)] == ["−1,234.6", "0.0", "–"]
    shares = [percent(share) for share in (0.0, 0.001, 0.5, 0.999, 1.0)]
    assert shares == ["0 %", "less than 1 %", "50 %", "more than 99 %", "100 %"]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.37, 0.69, ["0.4", "0.5", "0.6"]),
        (-1100, 90, ["−1,000", "−500", "0"]),
        (0.8312, 0.8351, ["0.832", "0.833", "0.834", "0.835"]),
        (-1e308, 1e308, ["−1.00e+308", "1.00e+308"]),
    ],
)
def test_ticks_are_round(low, high, labels):
    ticks = Scale(low, high).ticks()
    assert [label for _, label in ticks] == labels
    assert all(0 <= place <= 100 for place, _ in ticks)
