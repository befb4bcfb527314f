"""What is right and wrong with a site, each line with its evidence and its remedy."""
