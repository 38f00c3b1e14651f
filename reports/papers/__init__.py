"""What the four papers publish, what it says of itself, and how it stands beside results/."""
