-- name: SendMessage :execrows
INSERT INTO outbox (key, case_id, task, system, purpose, version, sealed, codes, message, refused, tell_only, entered, state, not_before, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (key) DO NOTHING;

-- name: KnownMessages :many
SELECT o.key FROM outbox o WHERE o.key = ANY (@keys::uuid[])
UNION SELECT d.key FROM deliveries d WHERE d.key = ANY (@keys::uuid[]);

-- name: LockMessages :many
SELECT key, case_id, task, system, purpose, version, codes, message, refused, state,
    (failures > 0 OR not_before <> entered)::boolean AS tried
FROM outbox WHERE case_id = ANY (@cases::uuid[]) ORDER BY key FOR UPDATE;

-- name: StopMessages :exec
UPDATE outbox SET stopped = @why WHERE key = ANY (@keys::uuid[]);

-- name: RemoveMessages :exec
DELETE FROM outbox WHERE key = ANY (@keys::uuid[]);

-- name: ReplayMessage :one
UPDATE outbox SET state = 'waiting', not_before = @now, failures = 0, why = '' WHERE key = @key AND state = 'dead'
RETURNING case_id, task, system, purpose, version, codes, refused, message;

-- name: GiveUpMessage :one
DELETE FROM outbox WHERE key = @key AND state = 'dead'
RETURNING case_id, task, system, purpose, version, codes, refused, message;

-- name: LockDeliveriesHead :one
SELECT length, hash FROM deliveries_head FOR UPDATE;

-- name: MoveDeliveriesHead :exec
UPDATE deliveries_head SET length = $1, hash = $2;

-- name: DeliveriesHead :one
SELECT length, hash FROM deliveries_head;

-- name: AppendDeliveries :copyfrom
INSERT INTO deliveries (sequence, case_id, task, system, version, purpose, at, act, verdict, reason, key, codes, refused, message, evidence, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);

-- name: DeliveryEntries :many
SELECT sequence, case_id, task, system, version, purpose, at, act, verdict, reason, key, codes, refused, message, evidence, previous, hash
FROM deliveries WHERE sequence >= @from_sequence ORDER BY sequence LIMIT @most;

-- name: DeliveriesOfCase :many
SELECT sequence, case_id, task, system, version, purpose, at, act, verdict, reason, key, codes, refused, message, evidence, previous, hash
FROM deliveries WHERE case_id = $1 ORDER BY sequence;

-- name: MessagesOfCase :many
SELECT key, case_id, task, system, purpose, version, codes, message, refused, entered, state, not_before, failures, why
FROM outbox WHERE case_id = $1 ORDER BY version, key;

-- name: DeadMessages :many
SELECT o.key, o.case_id, o.task, o.system, o.purpose, o.version, o.codes, o.message, o.refused, o.entered, o.not_before, o.failures, o.why,
    coalesce(c.number, '')::text AS number
FROM outbox o LEFT JOIN cases c ON c.id = o.case_id
WHERE o.state = 'dead' AND (o.entered, o.key) > (@after_entered, @after_key::uuid)
ORDER BY o.entered, o.key LIMIT @most;

-- name: Backlog :many
SELECT system, count(*) FILTER (WHERE state <> 'dead') AS waiting, count(*) FILTER (WHERE state = 'dead') AS dead, min(entered)::timestamptz AS oldest
FROM outbox GROUP BY system ORDER BY system;

-- name: RepliesOfCase :many
SELECT key, case_id, task, system, purpose, version, verdict, reason, reference, tell_only, at, state, cause
FROM replies WHERE case_id = $1 ORDER BY at, key;

-- name: WaitingReplies :many
SELECT key, case_id, task, system, purpose, version, verdict, reason, reference, tell_only, at
FROM replies WHERE state = 'waiting' AND task <> @not_task ORDER BY at, key LIMIT @most FOR UPDATE SKIP LOCKED;

-- name: TryRepliesAgain :execrows
UPDATE replies SET state = 'waiting', cause = '' WHERE state = 'refused' AND cause = @cause AND task <> @not_task;

-- name: SettleReply :exec
UPDATE replies SET state = @state, cause = @cause WHERE key = @key;
