"""One room per framework: what each must give so that its calls are recorded and measured alike."""
