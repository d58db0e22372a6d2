-- What a driver shows beside the plate, or the ticket the vehicle was given: of a Movement, and of the stay it
-- began (of an exit without one: the exit's). A camera's confusion is looked for among unmatched exits, too.
ALTER TABLE movement ADD COLUMN credential TEXT;
ALTER TABLE movement ADD COLUMN medium TEXT;
ALTER TABLE session ADD COLUMN credential TEXT;
CREATE INDEX session_by_credential ON session (credential, place, state) WHERE credential IS NOT NULL;
DROP INDEX session_open_by_fold;
CREATE INDEX session_by_fold ON session (fold, place, state) WHERE fold IS NOT NULL;
CREATE INDEX right_by_credential ON parking_right (place, credential) WHERE credential IS NOT NULL;
