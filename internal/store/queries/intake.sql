-- name: WaitingSubmissions :many
WITH oldest AS (
    SELECT w.id FROM submissions w JOIN letters ON letters.id = w.id
    WHERE w.state = 'waiting'
    ORDER BY w.received, w.id
    LIMIT @most
    FOR UPDATE OF w SKIP LOCKED
), sized AS (
    -- The first is among them however large it is.
    SELECT o.id, sum(octet_length(l.sealed)) OVER (ORDER BY s.received, s.id) - octet_length(l.sealed) AS before
    FROM oldest o JOIN submissions s ON s.id = o.id JOIN letters l ON l.id = o.id
)
SELECT s.id, s.receipt, s.kind, s.item, s.terms, s.urgency, s.channel, s.work, s.language, s.received, l.sealed
FROM sized z JOIN submissions s ON s.id = z.id JOIN letters l ON l.id = z.id
WHERE z.before < @bytes::bigint
ORDER BY s.received, s.id;

-- name: SettleSubmissions :exec
WITH kept AS (
    -- One that was set aside before had its time running.
    UPDATE letters SET retain_until = NULL WHERE letters.id = ANY (@ids::uuid[]) AND retain_until IS NOT NULL
)
UPDATE submissions SET state = 'taken', why = '' WHERE id = ANY (@ids::uuid[]);

-- name: SetAside :exec
UPDATE submissions SET state = 'unreadable', why = @why WHERE id = @id;

-- name: TryAgain :execrows
UPDATE submissions SET state = 'waiting' WHERE state = 'unreadable';

-- name: TryWordsAgain :execrows
UPDATE words SET state = 'waiting', cause = '' WHERE state = 'refused' AND cause = @cause;

-- name: SetAsideOnes :many
SELECT id, kind, item, channel, received, why FROM submissions
WHERE state = 'unreadable' ORDER BY received, id LIMIT $1;

-- name: InsertSubmission :execrows
INSERT INTO submissions (id, receipt, kind, item, terms, urgency, channel, work, language, received, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'taken')
ON CONFLICT (id) DO NOTHING;

-- name: SubmissionByID :one
SELECT id, receipt, kind, item, terms, channel, language FROM submissions WHERE id = $1;

-- name: InsertLetter :exec
INSERT INTO letters (id, sealed) VALUES ($1, $2);

-- name: InsertFile :exec
INSERT INTO files (id, submission, media_type, size, sealed) VALUES ($1, $2, $3, $4, $5);

-- name: NextNumbers :one
INSERT INTO numbers (year, last) VALUES (@year, @n)
ON CONFLICT (year) DO UPDATE SET last = numbers.last + @n
RETURNING last;

-- name: WaitingWords :many
SELECT w.id, w.submission, w.type, w.reason, w.response, w.resolution, w.satisfaction, w.said
FROM words w JOIN cases c ON c.id = w.submission
WHERE w.state = 'waiting' AND NOT EXISTS (
    -- Somebody else may be at the one before: those of a case are applied one by one.
    SELECT FROM words e WHERE e.submission = w.submission AND e.state = 'waiting' AND (e.said, e.id) < (w.said, w.id)
)
ORDER BY w.said, w.id
LIMIT $1
FOR UPDATE OF w SKIP LOCKED;

-- name: SettleWord :exec
UPDATE words SET state = @state, cause = @cause WHERE id = @id;

-- name: Work :one
SELECT
    EXISTS (SELECT FROM submissions WHERE submissions.state = 'waiting') AS submissions,
    EXISTS (SELECT FROM words w JOIN cases c ON c.id = w.submission WHERE w.state = 'waiting') AS words,
    EXISTS (SELECT FROM cases WHERE step = 'registered' AND paused = '' AND routed <> '') AS routed,
    EXISTS (SELECT FROM cases x WHERE x.open AND x.alarm <= @now) AS alarms,
    EXISTS (SELECT FROM replies WHERE replies.state = 'waiting' AND replies.task <> 'payment') AS replies,
    -- Of payments: answers, messages that left, and messages that were given up.
    (EXISTS (SELECT FROM replies WHERE replies.state = 'waiting' AND replies.task = 'payment')
        OR EXISTS (SELECT FROM payments p WHERE p.state = 'taken' AND NOT EXISTS (
            SELECT FROM outbox o WHERE o.key = p.message AND o.state = 'waiting' AND o.failures = 0 AND o.not_before = o.entered))
        OR EXISTS (SELECT FROM payments p WHERE p.state = 'sent'
            AND EXISTS (SELECT FROM deliveries d WHERE d.key = p.message AND d.act = 'given-up')
            AND NOT EXISTS (SELECT FROM replies r WHERE r.key = p.message)))::boolean AS payments;
