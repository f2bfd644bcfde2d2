"""What is right, and what follows from it: no clock, thread, file, network or database."""
