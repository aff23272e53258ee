"""What is measured in milliseconds and percent: run alone, compared as ratios within one run."""
