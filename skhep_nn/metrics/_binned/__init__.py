"""What an analysis makes of a score: its histogram, the likelihood of it, and what follows."""
