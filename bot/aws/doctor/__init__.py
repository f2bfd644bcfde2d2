"""The doctor's checks of AWS."""
