"""What `alongside doctor` looks at, one file a neighbourhood. Looking changes nothing: no key, no table is made."""
