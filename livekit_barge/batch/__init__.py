"""Finds many recordings, scores them in several processes, saves the results, sums them up."""
