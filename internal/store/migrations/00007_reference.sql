-- A work order is asked for by the number the hotline has given it. That is the
-- hotline's own, and nobody's: it stands in the terms, which are not sealed, and what
-- looks like the number of a person or a telephone is never taken for one.

-- +goose Up
CREATE INDEX submissions_reference ON submissions (upper(terms->>'reference')) WHERE terms->>'reference' IS NOT NULL;
