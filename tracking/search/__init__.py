"""The filter language of searches: text → tokens → tree → SQL. Lexer and grammar know no database."""
