-- A quarantined event keeps its place in the chain: its digest tells one history of a journal from another.
ALTER TABLE quarantine ADD COLUMN stream INTEGER REFERENCES stream (id);
ALTER TABLE quarantine ADD COLUMN digest TEXT;
CREATE INDEX quarantine_by_seq ON quarantine (stream, seq);
