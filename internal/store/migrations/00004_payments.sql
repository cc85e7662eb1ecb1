-- Payments at the counter: what is sent to billers' systems, and the community's
-- books of it. The portal and the courier have nothing to do with these tables:
-- messages of payments are in the outbox as all others are.

-- +goose Up

-- Where each payment stands. All of it but what is sealed follows from the ledger
-- and from the biller's answer. sealed is the customer's number and the month, for
-- as long as they are needed; mark tells whether a number is the one that is sealed,
-- without opening it, and fits no other payment. Neither outlives retain_until.
CREATE TABLE payments (
    id           uuid PRIMARY KEY,
    number       text NOT NULL UNIQUE,
    biller       text NOT NULL,
    system       text NOT NULL,
    purpose      text NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0), -- in fen
    means        text NOT NULL CHECK (means IN ('cash', 'other')),
    state        text NOT NULL CHECK (state IN ('taken', 'sent', 'confirmed', 'refused', 'returned', 'cancelled')),
    reason       text NOT NULL,
    receipt      text NOT NULL, -- the biller's number
    version      bigint NOT NULL,
    work         text NOT NULL, -- the position that took it
    taken        timestamptz NOT NULL,
    changed      timestamptz NOT NULL,
    answered     timestamptz, -- when the biller did
    message      uuid NOT NULL, -- its key in the outbox
    retain_days  bigint NOT NULL,
    retain_until timestamptz,
    sealed       bytea CHECK (octet_length(sealed) <= 65536),
    mark         bytea CHECK (octet_length(mark) = 32),
    CHECK ((sealed IS NULL) = (mark IS NULL))
);
CREATE INDEX payments_taken ON payments (taken, id);
CREATE INDEX payments_open ON payments (taken, id) WHERE state IN ('taken', 'sent', 'refused');
CREATE INDEX payments_answered ON payments (biller, answered) WHERE state = 'confirmed';
CREATE INDEX payments_receipt ON payments (biller, receipt) WHERE receipt <> '';
CREATE INDEX payments_retained ON payments (retain_until) WHERE sealed IS NOT NULL AND retain_until IS NOT NULL;
GRANT SELECT, INSERT, UPDATE (state, reason, receipt, version, changed, answered, retain_until, sealed, mark) ON payments TO shequ_desk;

-- The last number given to a payment, by year.
CREATE TABLE payment_numbers (
    year integer PRIMARY KEY,
    last bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON payment_numbers TO shequ_desk;

-- The books: each journal once, with the hash of the one before it, and its entries,
-- which come to nothing. They name no resident and stay for good.
CREATE TABLE ledger (
    sequence bigint PRIMARY KEY,
    payment  uuid NOT NULL, -- or the identifier of what was paid over
    biller   text NOT NULL,
    event    text NOT NULL,
    at       timestamptz NOT NULL,
    role     text NOT NULL,
    work     text NOT NULL,
    reason   text NOT NULL,
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    hash     bytea NOT NULL CHECK (octet_length(hash) = 32),
    UNIQUE (payment, event) -- nothing happens to a payment twice
);
CREATE INDEX ledger_at ON ledger (at);
CREATE TABLE ledger_entries (
    sequence bigint NOT NULL, -- of the ledger; a foreign key would need a right to alter it
    line     bigint NOT NULL,
    account  text NOT NULL,
    amount   bigint NOT NULL CHECK (amount <> 0), -- in fen
    PRIMARY KEY (sequence, line)
);
GRANT SELECT, INSERT ON ledger, ledger_entries TO shequ_desk;
CREATE TABLE ledger_head (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    length bigint NOT NULL,
    hash   bytea NOT NULL CHECK (octet_length(hash) = 32)
);
INSERT INTO ledger_head (length, hash) VALUES (0, decode(repeat('00', 32), 'hex'));
GRANT SELECT, UPDATE (length, hash) ON ledger_head TO shequ_desk;

-- +goose StatementBegin
-- ledger_balances refuses entries that do not come to nothing when their transaction
-- ends, or are of no journal, whoever wrote them.
CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT sum(amount) FROM ledger_entries WHERE sequence = NEW.sequence) <> 0
        OR NOT EXISTS (SELECT FROM ledger WHERE sequence = NEW.sequence) THEN
        RAISE EXCEPTION 'a journal does not balance' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION ledger_balances FROM PUBLIC;
CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balances();
ALTER TABLE ledger_entries ENABLE ALWAYS TRIGGER balances;

-- What billers say they got of a day: receipt numbers and amounts, or a total and how
-- many. The latest of a day counts; none is altered. lines is null where a total was
-- entered.
CREATE TABLE statements (
    id      uuid PRIMARY KEY,
    biller  text NOT NULL,
    day     date NOT NULL,
    entered timestamptz NOT NULL,
    work    text NOT NULL,
    total   bigint NOT NULL CHECK (total >= 0), -- in fen
    count   bigint NOT NULL CHECK (count >= 0),
    lines   jsonb
);
CREATE INDEX statements_day ON statements (biller, day, entered);

-- What was found in the till, and what had to be in it.
CREATE TABLE till_counts (
    id      uuid PRIMARY KEY,
    day     date NOT NULL,
    at      timestamptz NOT NULL,
    work    text NOT NULL,
    counted bigint NOT NULL CHECK (counted >= 0), -- in fen
    booked  bigint NOT NULL
);
CREATE INDEX till_counts_day ON till_counts (day, at);
GRANT SELECT, INSERT ON statements, till_counts TO shequ_desk;

REVOKE UPDATE, DELETE, TRUNCATE ON ledger, ledger_entries, statements, till_counts FROM CURRENT_USER;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON till_counts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ledger ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE ledger_entries ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE statements ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE till_counts ENABLE ALWAYS TRIGGER append_only;

-- Answers to payments that wait to be applied.
CREATE INDEX replies_payments ON replies (at, key) WHERE state = 'waiting' AND task = 'payment';
