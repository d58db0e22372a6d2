-- What is pruned by age, and rights that have expired.
CREATE INDEX space_grant_answered ON space_grant (made_ms) WHERE state <> 'open';
CREATE INDEX lane_command_ended ON lane_command (ended_ms) WHERE ended_ms IS NOT NULL;
CREATE INDEX audit_ended ON audit (ended_ms) WHERE ended_ms IS NOT NULL;
CREATE INDEX right_by_until ON parking_right (place, until_ms) WHERE removed = 0 AND until_ms IS NOT NULL;
