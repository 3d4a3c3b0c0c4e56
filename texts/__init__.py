"""Everything a person reads, in Russian and English; pure, built on the rules alone."""
