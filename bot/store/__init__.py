"""sqlite-utils behind `bot.ports.Store`: rows stay in this package, domain types leave it."""
