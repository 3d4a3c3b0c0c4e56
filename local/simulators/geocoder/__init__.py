"""A geocoder for tests and measurements: answers like Nominatim and like Yandex, and fails."""
