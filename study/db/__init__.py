"""The database: base class, column types, sessions, migrations."""
