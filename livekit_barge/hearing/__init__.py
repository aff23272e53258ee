"""From samples to bursts of speech, with edges dated to the sample where that is possible."""
