"""How each exchange is spoken to: one module per exchange behind `dialect.Dialect`."""
