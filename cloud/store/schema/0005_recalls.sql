-- Spaces that are wanted back, and how long each epoch may use what it has.
ALTER TABLE space_grant ADD COLUMN kind TEXT NOT NULL DEFAULT 'offer' CHECK (kind IN ('offer', 'recall'));
ALTER TABLE stream ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream ADD COLUMN lease_until_ms INTEGER NOT NULL DEFAULT 0;
