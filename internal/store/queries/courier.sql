-- name: Due :many
WITH RECURSIVE systems AS (
    (SELECT o.system FROM outbox o WHERE o.state <> 'dead' ORDER BY o.system LIMIT 1)
    UNION ALL
    SELECT (SELECT o.system FROM outbox o WHERE o.state <> 'dead' AND o.system > s.system ORDER BY o.system LIMIT 1)
    FROM systems s WHERE s.system IS NOT NULL
)
SELECT s.system::text AS system,
    EXISTS (
        SELECT FROM outbox o
        WHERE o.system = s.system AND o.state <> 'dead' AND coalesce(o.claimed_until, o.not_before) <= @now::timestamptz
            AND o.key = (SELECT b.key FROM outbox b WHERE b.system = o.system AND b.case_id = o.case_id ORDER BY b.version, b.key LIMIT 1)
        ORDER BY coalesce(o.claimed_until, o.not_before), o.case_id LIMIT 1
    ) AS due,
    coalesce((
        SELECT coalesce(o.claimed_until, o.not_before) FROM outbox o
        WHERE o.system = s.system AND o.state <> 'dead' AND coalesce(o.claimed_until, o.not_before) > @now::timestamptz
        ORDER BY coalesce(o.claimed_until, o.not_before), o.case_id LIMIT 1
    ), @never::timestamptz)::timestamptz AS later
FROM systems s WHERE s.system IS NOT NULL;

-- name: ClaimMessages :many
WITH heads AS (
    SELECT o.key FROM outbox o
    WHERE o.system = @system AND o.state <> 'dead' AND coalesce(o.claimed_until, o.not_before) <= @now::timestamptz
        AND o.key = (SELECT b.key FROM outbox b WHERE b.system = o.system AND b.case_id = o.case_id ORDER BY b.version, b.key LIMIT 1)
    ORDER BY coalesce(o.claimed_until, o.not_before), o.case_id
    LIMIT @most FOR UPDATE OF o SKIP LOCKED
)
UPDATE outbox SET state = 'under-way', claimed_until = @until::timestamptz FROM heads WHERE outbox.key = heads.key
RETURNING outbox.key, outbox.case_id, outbox.task, outbox.system, outbox.purpose, outbox.version, outbox.sealed, outbox.refused,
    outbox.tell_only, outbox.entered, outbox.not_before, outbox.failures, outbox.stopped;

-- name: LockClaimed :many
SELECT key, claimed_until, stopped FROM outbox WHERE key = ANY (@keys::uuid[]) ORDER BY key FOR UPDATE;

-- name: PutOff :exec
UPDATE outbox o SET state = s.state, not_before = s.not_before, failures = o.failures + s.failed, why = s.why, claimed_until = NULL
FROM (
    SELECT unnest(@keys::uuid[]) AS key, unnest(@states::text[]) AS state, unnest(@later::timestamptz[]) AS not_before,
        unnest(@failed::bigint[]) AS failed, unnest(@whys::text[]) AS why
) s
WHERE o.key = s.key;

-- name: KeepReplies :exec
INSERT INTO replies (key, case_id, task, system, purpose, version, verdict, reason, reference, tell_only, at)
SELECT unnest(@keys::uuid[]), unnest(@cases::uuid[]), unnest(@tasks::text[]), unnest(@systems::text[]), unnest(@purposes::text[]),
    unnest(@versions::bigint[]), unnest(@verdicts::text[]), unnest(@reasons::text[]), unnest(@refs::text[]),
    unnest(@tell_only::boolean[]), unnest(@ats::timestamptz[])
ON CONFLICT DO NOTHING;

-- name: KeepAnswers :exec
INSERT INTO question_answers (key, task, version, at, sealed)
SELECT unnest(@keys::uuid[]), unnest(@tasks::text[]), unnest(@versions::bigint[]), unnest(@ats::timestamptz[]), unnest(@sealed::bytea[])
ON CONFLICT DO NOTHING;

-- name: ForgetNonces :exec
DELETE FROM nonces WHERE until < $1;

-- name: KeepNonce :execrows
INSERT INTO nonces (system, nonce, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;
