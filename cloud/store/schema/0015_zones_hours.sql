-- A place may be a zone of another one (`parent`). An open stay is flagged when it is older than
-- `stale_after_ms` (0: never). `hours`: core/hours.h, '' is always open.
ALTER TABLE place ADD COLUMN parent TEXT REFERENCES place (place);
ALTER TABLE place ADD COLUMN stale_after_ms INTEGER NOT NULL DEFAULT 604800000;
ALTER TABLE place ADD COLUMN hours TEXT NOT NULL DEFAULT '';
-- Closed now, by a person or by its hours.
ALTER TABLE place ADD COLUMN shut INTEGER NOT NULL DEFAULT 0;
CREATE INDEX place_zones ON place (parent) WHERE parent IS NOT NULL;
