"""The study: rules, tables and use cases. The only room that writes the database."""
