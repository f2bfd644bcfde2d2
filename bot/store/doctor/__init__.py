"""The doctor's checks of the database."""
