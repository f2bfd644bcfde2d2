"""The rules that evaluate a contact: one file a rule, named by its id."""
