-- Plates that are to be forgotten some time after the stay is settled: '~' and 32 hex digits take their
-- place. These indexes find what still names a vehicle.
CREATE INDEX movement_named ON movement (first_ms) WHERE plate < '~';
CREATE INDEX fact_named ON fact (subject) WHERE plate IS NOT NULL;
CREATE INDEX event_named ON event (movement) WHERE kind IN ('credential.read', 'passage.authorised',
    'passage.denied', 'passage.completed', 'passage.voided', 'passage.unauthorised');
