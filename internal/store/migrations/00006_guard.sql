-- What the programs' roles can put in holds up nobody else: a time that is none could
-- be read by no program, and would have been the first in every queue.

-- +goose Up
ALTER TABLE submissions ADD CONSTRAINT submissions_received
    CHECK (received >= '1970-01-01T00:00:00Z' AND received <= '9999-12-31T00:00:00Z') NOT VALID;
ALTER TABLE words ADD CONSTRAINT words_said
    CHECK (said >= '1970-01-01T00:00:00Z' AND said <= '9999-12-31T00:00:00Z') NOT VALID;

-- +goose StatementBegin
-- portal_progress is what the holder of a receipt may know; null when there is none.
-- What could never be read stays unreadable once it is deleted.
CREATE OR REPLACE FUNCTION portal_progress(p_receipt bytea) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_build_object(
        'id', s.id, 'kind', s.kind, 'item', s.item, 'language', s.language, 'received', s.received,
        'unreadable', s.state IN ('unreadable', 'expired'),
        'pending', (SELECT count(*) FROM words w WHERE w.submission = s.id AND w.state = 'waiting'),
        'case', CASE WHEN c.id IS NULL THEN NULL ELSE jsonb_build_object(
            'number', c.number, 'step', c.step, 'paused', c.paused, 'due', c.due, 'open', c.open,
            'round', c.round, 'response', c.response, 'resolution', c.resolution,
            'satisfaction', c.satisfaction, 'ratedRound', c.rated_round, 'version', c.version,
            'allowed', c.allowed, 'reopenUntil', c.reopen_until,
            'steps', (
                SELECT jsonb_agg(jsonb_build_object('step', a.body->>'to', 'at', a.at) ORDER BY a.number)
                FROM audit a
                WHERE a.case_id = s.id AND a.number IS NOT NULL AND a.body->>'from' IS DISTINCT FROM a.body->>'to'
            )) END)
    FROM submissions s LEFT JOIN cases c ON c.id = s.id
    WHERE s.receipt = p_receipt
$$;
-- +goose StatementEnd
