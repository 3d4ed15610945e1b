"""Browser input of the accounts room → clean values."""
