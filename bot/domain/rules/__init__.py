"""The rules that a contact is judged by: a file a rule, named by its id."""
