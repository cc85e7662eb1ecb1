-- name: NextPaymentNumber :one
INSERT INTO payment_numbers (year, last) VALUES (@year, 1)
ON CONFLICT (year) DO UPDATE SET last = payment_numbers.last + 1
RETURNING last;

-- name: InsertPayment :execrows
INSERT INTO payments (id, number, biller, system, purpose, amount, means, state, reason, receipt, version, work, taken, changed, message, retain_days, sealed, mark)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (id) DO NOTHING;

-- name: PaymentByID :one
SELECT p.id, p.number, p.biller, p.system, p.purpose, p.amount, p.means, p.state, p.reason, p.receipt, p.version, p.work, p.taken,
    p.changed, p.answered, p.message, p.retain_days, p.sealed, p.mark, coalesce(o.state, '')::text AS outbox
FROM payments p LEFT JOIN outbox o ON o.key = p.message WHERE p.id = $1;

-- name: LockPayment :one
SELECT version FROM payments WHERE id = $1 FOR UPDATE;

-- name: UpdatePayment :execrows
UPDATE payments SET state = @state, reason = @reason, receipt = @receipt, version = @version, changed = @changed, answered = @answered,
    retain_until = @retain_until
WHERE id = @id AND version = @seen;

-- name: PaymentsTaken :many
SELECT p.id, p.number, p.biller, p.system, p.purpose, p.amount, p.means, p.state, p.reason, p.receipt, p.version, p.work, p.taken,
    p.changed, p.answered, (p.sealed IS NULL)::boolean AS expired, coalesce(o.state, '')::text AS outbox
FROM payments p LEFT JOIN outbox o ON o.key = p.message
WHERE p.taken >= @from_time AND p.taken < @to_time ORDER BY p.taken, p.id;

-- name: PaymentsOpen :many
SELECT p.id, p.number, p.biller, p.system, p.purpose, p.amount, p.means, p.state, p.reason, p.receipt, p.version, p.work, p.taken,
    p.changed, p.answered, (p.sealed IS NULL)::boolean AS expired, coalesce(o.state, '')::text AS outbox
FROM payments p LEFT JOIN outbox o ON o.key = p.message
WHERE p.state IN ('taken', 'sent', 'refused') AND p.taken < @before ORDER BY p.taken, p.id LIMIT 200;

-- name: PaymentsAnswered :many
SELECT id, number, receipt, amount, answered::timestamptz AS answered, mark FROM payments
WHERE biller = @biller AND state = 'confirmed'
    AND (answered >= @from_time::timestamptz AND answered < @to_time::timestamptz OR receipt <> '' AND receipt = ANY (@receipts::text[]))
ORDER BY answered, id;

-- name: UntouchedMessage :one
DELETE FROM outbox WHERE key = @key AND state = 'waiting' AND failures = 0 AND not_before = entered
RETURNING codes, refused;

-- name: PaymentsLeft :many
SELECT p.id FROM payments p
WHERE p.state = 'taken' AND NOT EXISTS (
    SELECT FROM outbox o WHERE o.key = p.message AND o.state = 'waiting' AND o.failures = 0 AND o.not_before = o.entered)
ORDER BY p.taken, p.id LIMIT @most;

-- name: PaymentsGivenUp :many
SELECT p.id FROM payments p
WHERE p.state IN ('taken', 'sent') AND EXISTS (SELECT FROM deliveries d WHERE d.key = p.message AND d.act = 'given-up')
    AND NOT EXISTS (SELECT FROM replies r WHERE r.key = p.message)
ORDER BY p.taken, p.id LIMIT @most;

-- name: PaymentReplies :many
SELECT key, case_id, task, system, purpose, version, verdict, reason, reference, at
FROM replies WHERE state = 'waiting' AND task = 'payment' ORDER BY at, key LIMIT @most FOR UPDATE SKIP LOCKED;

-- name: ExpirePayments :many
UPDATE payments SET sealed = NULL, mark = NULL WHERE id IN (
    SELECT p.id FROM payments p WHERE p.sealed IS NOT NULL AND p.retain_until <= @now::timestamptz
    ORDER BY p.retain_until LIMIT @most FOR UPDATE SKIP LOCKED)
RETURNING id, purpose;

-- name: LockLedgerHead :one
SELECT length, hash FROM ledger_head FOR UPDATE;

-- name: MoveLedgerHead :exec
UPDATE ledger_head SET length = $1, hash = $2;

-- name: LedgerHead :one
SELECT length, hash FROM ledger_head;

-- name: InsertJournal :exec
INSERT INTO ledger (sequence, payment, biller, event, at, role, work, reason, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: InsertPostings :copyfrom
INSERT INTO ledger_entries (sequence, line, account, amount) VALUES ($1, $2, $3, $4);

-- name: PostingsOf :many
SELECT e.account, e.amount FROM ledger l JOIN ledger_entries e ON e.sequence = l.sequence
WHERE l.payment = $1 AND l.event = $2 ORDER BY e.line;

-- name: Journals :many
SELECT sequence, payment, biller, event, at, role, work, reason, previous, hash FROM ledger WHERE sequence >= @from_sequence ORDER BY sequence LIMIT @most;

-- name: Postings :many
SELECT sequence, line, account, amount FROM ledger_entries WHERE sequence >= @from_sequence AND sequence <= @to_sequence ORDER BY sequence, line;

-- name: JournalsOfPayment :many
SELECT sequence, payment, biller, event, at, role, work, reason, previous, hash FROM ledger WHERE payment = $1 ORDER BY sequence;

-- name: OpeningBalances :many
SELECT e.account, sum(e.amount)::bigint AS amount FROM ledger_entries e JOIN ledger l ON l.sequence = e.sequence
WHERE l.at < @before GROUP BY e.account;

-- name: Balance :one
SELECT coalesce(sum(e.amount), 0)::bigint AS amount FROM ledger_entries e WHERE e.account = $1;

-- name: JournalsOfDay :many
SELECT l.payment, l.biller, l.event, l.at, l.reason, e.line, e.account, e.amount
FROM ledger l LEFT JOIN ledger_entries e ON e.sequence = l.sequence
WHERE l.at >= @from_time AND l.at < @to_time ORDER BY l.sequence, e.line;

-- name: InsertStatement :execrows
INSERT INTO statements (id, biller, day, entered, work, total, count, lines) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING;

-- name: StatementBy :one
SELECT biller, day, total, count FROM statements WHERE id = $1;

-- name: LatestStatement :one
SELECT entered, work, total, count, lines FROM statements WHERE biller = @biller AND day = @day ORDER BY entered DESC, id LIMIT 1;

-- name: OnOtherStatements :many
SELECT DISTINCT (l.line ->> 'receipt')::text AS receipt FROM (
    SELECT DISTINCT ON (s.day) s.lines FROM statements s
    WHERE s.biller = @biller AND s.day >= @from_day AND s.day <= @to_day AND s.day <> @day ORDER BY s.day, s.entered DESC, s.id
) latest CROSS JOIN LATERAL jsonb_array_elements(latest.lines) AS l (line)
WHERE l.line ->> 'receipt' = ANY (@receipts::text[]);

-- name: InsertTillCount :execrows
INSERT INTO till_counts (id, day, at, work, counted, booked) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING;

-- name: TillCounts :many
SELECT id, at, work, counted, booked FROM till_counts WHERE day = $1 ORDER BY at, id;

-- name: TillCountByID :one
SELECT id, at, work, counted, booked FROM till_counts WHERE id = $1;

-- name: Answered :exec
UPDATE payments SET answered = @at::timestamptz WHERE id = @id;

-- name: CountAnchors :one
SELECT count(*) FROM audit WHERE body ->> 'act' = 'book-payment';

-- name: Anchors :many
SELECT sequence, case_id, (body ->> 'file')::text AS hash FROM audit
WHERE body ->> 'act' = 'book-payment' AND sequence > @after ORDER BY sequence LIMIT @most;

-- name: PaymentsWaiting :many
SELECT biller, state, count(*) AS payments, sum(amount)::bigint AS amount FROM payments
WHERE state IN ('taken', 'sent', 'refused') GROUP BY biller, state ORDER BY biller, state;

-- name: BillAnswer :one
SELECT r.key, r.reason, a.sealed FROM replies r LEFT JOIN question_answers a ON a.key = r.key
WHERE r.case_id = @case_id AND r.task = @task ORDER BY r.at DESC LIMIT 1;

-- name: StatementAnswers :many
SELECT key, task, version, sealed FROM question_answers WHERE starts_with(task, @task::text) ORDER BY at, key LIMIT @most;

-- name: ForgetAnswer :exec
DELETE FROM question_answers WHERE key = @key;

-- name: ForgetAnswers :exec
DELETE FROM question_answers WHERE task = @task AND at <= @before;

-- name: OldQuestions :many
SELECT case_id FROM outbox WHERE task = @task AND entered <= @before ORDER BY case_id LIMIT @most;
