-- What a resident wrote can be added to and corrected at the desk while the case is
-- open. The desk, which alone can open a letter, seals it anew; what was changed is in
-- the audit trail, by the codes of the elements.

-- +goose Up
GRANT UPDATE (sealed) ON letters TO shequ_desk;

-- A change that is sent twice is made once: its id is that of the entry.
CREATE UNIQUE INDEX audit_supplement ON audit ((body->>'file')) WHERE body->>'act' = 'supplement';
