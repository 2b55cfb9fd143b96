"""Public holidays, by country."""

from functools import lru_cache

import holidays


@lru_cache
def holidays_of(country: str) -> holidays.HolidayBase:
    """The public holidays of a country, whatever the year."""
    return holidays.country_holidays(country)
