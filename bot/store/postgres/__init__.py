"""PostgreSQL: connections, transactions, tables and errors."""
