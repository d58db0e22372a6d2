-- An unmatched exit that a person found the entry of: the stay it is now the exit of. Its own row is closed,
-- costs nothing, and is kept for what it said.
ALTER TABLE session ADD COLUMN joined TEXT;
