-- name: LockHead :one
SELECT length, hash FROM audit_head FOR UPDATE;

-- name: MoveHead :exec
UPDATE audit_head SET length = $1, hash = $2;

-- name: Head :one
SELECT length, hash FROM audit_head;

-- name: AppendEntries :copyfrom
INSERT INTO audit (sequence, case_id, number, event, at, body, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: AppendEntry :exec
INSERT INTO audit (sequence, case_id, number, event, at, body, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: Entries :many
SELECT sequence, case_id, number, event, at, body, previous, hash FROM audit
WHERE sequence >= @from_sequence ORDER BY sequence LIMIT @most;

-- name: EventExists :one
SELECT EXISTS (SELECT FROM audit WHERE event = @event::text);

-- name: Supplemented :one
SELECT case_id FROM audit WHERE body->>'act' = 'supplement' AND body->>'file' = @id::text;
