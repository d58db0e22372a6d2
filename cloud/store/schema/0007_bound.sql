-- Spaces for the vehicle of one right. A grant with a right is bound (kind 'offer'), or wants that space back
-- (kind 'recall').
ALTER TABLE space_grant ADD COLUMN right TEXT NOT NULL DEFAULT '';
ALTER TABLE stream ADD COLUMN bound INTEGER NOT NULL DEFAULT 0;
