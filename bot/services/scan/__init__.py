"""The use case *detect*: list, place, read, evaluate, record."""
