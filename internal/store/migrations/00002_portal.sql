-- What the portal may do: these functions, and nothing else. Each runs as the owner
-- with a search path of its own, and returns no word anybody wrote.

-- +goose Up

-- +goose StatementBegin
-- portal_submit keeps a submission with its letter and files: 'kept', 'again' when it
-- is there already, 'reused' when the id is another's.
CREATE FUNCTION portal_submit(
    p_id uuid, p_receipt bytea, p_kind text, p_item text, p_terms jsonb, p_urgency text,
    p_channel text, p_work text, p_language text, p_received timestamptz, p_sealed bytea,
    p_files uuid[], p_types text[], p_sizes bigint[], p_contents bytea[]
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- What was entered at the counter comes from the desk.
    IF p_channel NOT IN ('portal', 'open311') OR p_work <> '' THEN
        RAISE EXCEPTION 'the portal speaks for residents alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO submissions (id, receipt, kind, item, terms, urgency, channel, work, language, received)
    VALUES (p_id, p_receipt, p_kind, p_item, p_terms, p_urgency, p_channel, p_work, p_language, p_received)
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM FROM submissions WHERE id = p_id AND receipt = p_receipt AND kind = p_kind AND item = p_item;
        RETURN CASE WHEN FOUND THEN 'again' ELSE 'reused' END;
    END IF;
    INSERT INTO letters (id, sealed) VALUES (p_id, p_sealed);
    IF cardinality(p_files) > 0 THEN
        INSERT INTO files (id, submission, media_type, size, sealed)
        SELECT f.id, p_id, f.media_type, f.size, f.sealed
        FROM unnest(p_files, p_types, p_sizes, p_contents) AS f (id, media_type, size, sealed);
    END IF;
    RETURN 'kept';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
-- portal_progress is what the holder of a receipt may know; null when there is none.
CREATE FUNCTION portal_progress(p_receipt bytea) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_build_object(
        'id', s.id, 'kind', s.kind, 'item', s.item, 'language', s.language, 'received', s.received,
        'unreadable', s.state = 'unreadable',
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

-- +goose StatementBegin
-- portal_say keeps a word of the holder of a receipt: 'kept', 'again', 'reused',
-- 'unknown' when there is no such receipt, 'many' when too many words wait.
CREATE FUNCTION portal_say(
    p_receipt bytea, p_id uuid, p_type text, p_reason text,
    p_response bigint, p_resolution bigint, p_satisfaction bigint, p_said timestamptz
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    about uuid;
BEGIN
    SELECT id INTO about FROM submissions WHERE receipt = p_receipt FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    PERFORM FROM words WHERE id = p_id AND submission = about AND type = p_type AND reason = p_reason
        AND response = p_response AND resolution = p_resolution AND satisfaction = p_satisfaction;
    IF FOUND THEN
        RETURN 'again';
    END IF;
    IF (SELECT count(*) FROM words WHERE submission = about AND state = 'waiting') >= 20 THEN
        RETURN 'many';
    END IF;
    INSERT INTO words (id, submission, type, reason, response, resolution, satisfaction, said)
    VALUES (p_id, about, p_type, p_reason, p_response, p_resolution, p_satisfaction, p_said)
    ON CONFLICT (id) DO NOTHING;
    RETURN CASE WHEN FOUND THEN 'kept' ELSE 'reused' END;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
-- portal_answer keeps an answer to a survey: 'kept', 'again' or 'reused'.
CREATE FUNCTION portal_answer(p_id uuid, p_survey text, p_channel text, p_day date, p_choices jsonb)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO answers (id, survey, channel, work, day, choices)
    VALUES (p_id, p_survey, p_channel, '', p_day, p_choices) ON CONFLICT (id) DO NOTHING;
    IF FOUND THEN
        RETURN 'kept';
    END IF;
    PERFORM FROM answers WHERE id = p_id AND survey = p_survey AND choices = p_choices;
    RETURN CASE WHEN FOUND THEN 'again' ELSE 'reused' END;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
-- portal_disclosed is what was published.
CREATE FUNCTION portal_disclosed() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_build_object(
        'periods', (SELECT jsonb_agg(f.body ORDER BY f.month DESC) FROM (SELECT month, body FROM figures ORDER BY month DESC LIMIT 60) f),
        'surveys', (SELECT jsonb_agg(r.body ORDER BY r.published DESC, r.survey) FROM survey_results r))
$$;
-- +goose StatementEnd

-- What anybody may see of requests for help: that they are there, and how far.
CREATE VIEW public_requests AS
    SELECT id, number, item, step, received, updated, due, grid, open
    FROM cases WHERE kind = 'help-request' AND step <> 'withdrawn';

-- +goose StatementBegin
-- portal_requests is a page of them, the latest first, of the items given.
CREATE FUNCTION portal_requests(
    p_ids uuid[], p_items text[], p_from timestamptz, p_to timestamptz,
    p_open boolean, p_closed boolean, p_offset integer, p_limit integer
) RETURNS SETOF public_requests
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.* FROM public_requests r
    WHERE r.item = ANY (p_items) AND (cardinality(p_ids) = 0 OR r.id = ANY (p_ids))
        AND r.received >= p_from AND r.received < p_to
        AND (p_open AND r.open OR p_closed AND NOT r.open)
    ORDER BY r.received DESC, r.id OFFSET least(p_offset, 100000) LIMIT least(p_limit, 200)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION portal_request(p_id uuid) RETURNS SETOF public_requests
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.* FROM public_requests r WHERE r.id = p_id
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- schema_version is that of the migrations: what a program needs to know to be ready.
CREATE FUNCTION schema_version() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT max(version_id) FROM goose_db_version WHERE is_applied
$$;
-- +goose StatementEnd

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    portal_submit, portal_progress, portal_say, portal_answer, portal_disclosed, portal_requests, portal_request
    TO shequ_portal;
GRANT EXECUTE ON FUNCTION schema_version TO shequ_portal, shequ_desk, shequ_courier;
