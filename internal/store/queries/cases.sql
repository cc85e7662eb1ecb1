-- name: InsertCase :batchexec
INSERT INTO cases (
    id, number, kind, item, urgency, step, version, grid, station, system, holder, paused, round,
    response, resolution, satisfaction, rated_round, received, updated, due, alarm, ended, open,
    was_late, responded, satisfied, allowed, reopen_until, routed, doubt, among, deliverable
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32
);

-- name: UpdateCase :execrows
UPDATE cases SET
    urgency = @urgency, step = @step, version = @version, grid = @grid, station = @station, system = @system,
    holder = @holder, paused = @paused, round = @round, response = @response, resolution = @resolution,
    satisfaction = @satisfaction, rated_round = @rated_round, updated = @updated, due = @due, alarm = @alarm,
    ended = @ended, open = @open, was_late = @was_late, responded = @responded, satisfied = @satisfied,
    allowed = @allowed, reopen_until = @reopen_until, routed = @routed, doubt = @doubt, among = @among,
    deliverable = @deliverable
WHERE id = @id AND version = @seen;

-- name: CaseByID :one
SELECT c.id, c.number, c.kind, c.item, c.urgency, c.step, c.version, c.grid, c.station, c.system, c.holder,
    c.paused, c.received, c.due, c.open, c.routed, c.doubt, c.among, c.deliverable, s.terms, s.channel, s.language
FROM cases c JOIN submissions s ON s.id = c.id WHERE c.id = $1;

-- name: LockCase :one
SELECT version FROM cases WHERE id = $1 FOR UPDATE;

-- name: CaseByNumber :one
SELECT id FROM cases WHERE number = $1;

-- name: CaseByReceipt :one
SELECT c.id FROM submissions s JOIN cases c ON c.id = s.id WHERE s.receipt = $1;

-- name: Turns :many
SELECT number::bigint AS number, event::text AS event, at, body FROM audit WHERE case_id = $1 AND number IS NOT NULL ORDER BY audit.number;

-- name: Letter :one
SELECT sealed FROM letters WHERE id = $1;

-- name: Files :many
SELECT id, media_type, size FROM files WHERE submission = $1 ORDER BY id;

-- name: File :one
SELECT media_type, size, sealed FROM files WHERE id = $1 AND submission = $2;

-- name: Routed :many
SELECT id FROM cases WHERE step = 'registered' AND paused = '' AND routed <> '' ORDER BY id LIMIT $1;

-- name: Alarmed :many
SELECT id FROM cases WHERE open AND alarm <= @now ORDER BY alarm LIMIT @most;

-- name: RetainLetter :exec
UPDATE letters SET retain_until = @until WHERE id = @id;

-- name: ReplaceLetter :execrows
UPDATE letters SET sealed = @sealed WHERE id = @id;

-- name: ExpiredLetters :many
SELECT l.id, s.terms FROM letters l JOIN submissions s ON s.id = l.id
WHERE l.retain_until <= @now AND s.state <> 'waiting' ORDER BY l.retain_until LIMIT @most FOR UPDATE OF l SKIP LOCKED;

-- name: RetainSetAside :execrows
UPDATE letters l SET retain_until = s.received + make_interval(days => CASE
    WHEN jsonb_typeof(s.terms->'retentionDays') = 'number' THEN least(greatest((s.terms->>'retentionDays')::numeric, @least::int), 36500)::int
    ELSE @least::int END)
FROM submissions s WHERE s.id = l.id AND s.state = 'unreadable' AND l.retain_until IS NULL;

-- name: DeleteLetters :exec
DELETE FROM letters WHERE id = ANY (@ids::uuid[]);

-- name: DeleteFiles :many
DELETE FROM files WHERE submission = ANY (@ids::uuid[]) RETURNING submission;

-- name: ExpireSubmissions :exec
UPDATE submissions SET state = 'expired' WHERE id = ANY (@ids::uuid[]) AND state IN ('unreadable', 'waiting');

-- name: ClearRoute :exec
UPDATE cases SET routed = '' WHERE id = $1;

-- name: SetAlarm :exec
UPDATE cases SET alarm = @alarm WHERE id = @id;
