-- The trace context in which a fact came about (PROTOCOL.md, "Traces").
ALTER TABLE fact ADD COLUMN trace TEXT;
