-- Deliveries to information systems: what waits to be sent, what became of it, and
-- what systems said. The courier opens what was sealed to it, and reads no case, no
-- letter and no trail. Reports and payments are sent from here too, so that case_id
-- is the identifier of a case or of something else.

-- +goose Up

-- What is to be sent. The message is sealed to the courier; a row is deleted when
-- the system has it, with the record of that in deliveries. ready is when it may be
-- tried: its time, or the end of the lease of whoever sends it.
CREATE TABLE outbox (
    key           uuid PRIMARY KEY,
    case_id       uuid NOT NULL,
    task          text NOT NULL,
    system        text NOT NULL,
    purpose       text NOT NULL,
    version       bigint NOT NULL,
    sealed        bytea NOT NULL CHECK (octet_length(sealed) <= 4194304),
    codes         text NOT NULL, -- of the elements in the message
    message       bytea CHECK (octet_length(message) = 32), -- its hash
    refused       text NOT NULL, -- what does not go, by reason
    tell_only     boolean NOT NULL,
    entered       timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'under-way', 'dead')),
    not_before    timestamptz NOT NULL,
    failures      bigint NOT NULL DEFAULT 0,
    why           text NOT NULL DEFAULT '',
    claimed_until timestamptz CHECK ((claimed_until IS NULL) = (state <> 'under-way')),
    -- stopped: why it is not to be tried again, although somebody sends it now.
    stopped       text NOT NULL DEFAULT ''
);
ALTER TABLE outbox ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX outbox_ready ON outbox (system, (coalesce(claimed_until, not_before)), case_id) WHERE state <> 'dead';
CREATE INDEX outbox_line ON outbox (system, case_id, version, key);
CREATE INDEX outbox_case ON outbox (case_id);
CREATE INDEX outbox_dead ON outbox (entered, key) WHERE state = 'dead';
GRANT SELECT, INSERT, UPDATE (state, not_before, failures, why, claimed_until, stopped), DELETE ON outbox TO shequ_desk;
GRANT SELECT, UPDATE (state, not_before, failures, why, claimed_until), DELETE ON outbox TO shequ_courier;

-- The record of every delivery: what became of it, and no value. Each has the hash
-- of the one before it.
CREATE TABLE deliveries (
    sequence bigint PRIMARY KEY,
    case_id  uuid NOT NULL,
    task     text NOT NULL,
    system   text NOT NULL,
    version  bigint NOT NULL,
    purpose  text NOT NULL,
    at       timestamptz NOT NULL,
    act      text NOT NULL,
    verdict  text NOT NULL,
    reason   text NOT NULL,
    key      uuid NOT NULL,
    codes    text NOT NULL,
    refused  text NOT NULL,
    message  bytea CHECK (octet_length(message) = 32), -- null where there was none
    evidence text NOT NULL,
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    hash     bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX deliveries_case ON deliveries (case_id, sequence);
CREATE INDEX deliveries_key ON deliveries (key);
GRANT SELECT, INSERT ON deliveries TO shequ_desk;
GRANT INSERT ON deliveries TO shequ_courier;
REVOKE UPDATE, DELETE, TRUNCATE ON deliveries FROM CURRENT_USER;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is in % can be added to and not altered', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deliveries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE deliveries ENABLE ALWAYS TRIGGER append_only;

-- Its length and last hash, in the one row whose lock puts records in order.
CREATE TABLE deliveries_head (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    length bigint NOT NULL,
    hash   bytea NOT NULL CHECK (octet_length(hash) = 32)
);
INSERT INTO deliveries_head (length, hash) VALUES (0, decode(repeat('00', 32), 'hex'));
GRANT SELECT, UPDATE (length, hash) ON deliveries_head TO shequ_desk, shequ_courier;

-- What systems said, until the desk has applied it, and after.
CREATE TABLE replies (
    key       uuid PRIMARY KEY,
    case_id   uuid NOT NULL,
    task      text NOT NULL,
    system    text NOT NULL,
    purpose   text NOT NULL,
    version   bigint NOT NULL,
    verdict   text NOT NULL,
    reason    text NOT NULL,
    reference text NOT NULL, -- what the system calls it
    tell_only boolean NOT NULL,
    at        timestamptz NOT NULL,
    state     text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'applied', 'refused')),
    cause     text NOT NULL DEFAULT ''
);
CREATE INDEX replies_waiting ON replies (at, key) WHERE state = 'waiting';
CREATE INDEX replies_case ON replies (case_id, at, key);
GRANT SELECT, UPDATE (state, cause) ON replies TO shequ_desk;
GRANT INSERT ON replies TO shequ_courier;

-- Nonces of requests that systems signed, so that none is taken twice.
CREATE TABLE nonces (
    system text NOT NULL,
    nonce  text NOT NULL CHECK (length(nonce) <= 128),
    until  timestamptz NOT NULL,
    PRIMARY KEY (system, nonce)
);
CREATE INDEX nonces_until ON nonces (until);
GRANT SELECT, INSERT, DELETE ON nonces TO shequ_courier;

-- +goose StatementBegin
-- courier_order keeps a work order, sealed, for the desk to take in: 'kept', 'again'
-- when it is there already, 'reused' when the id is another's.
CREATE FUNCTION courier_order(
    p_id uuid, p_receipt bytea, p_item text, p_terms jsonb, p_urgency text, p_received timestamptz, p_sealed bytea
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF coalesce(p_terms->>'system', '') = '' THEN
        RAISE EXCEPTION 'a work order comes from a system' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO submissions (id, receipt, kind, item, terms, urgency, channel, work, language, received)
    VALUES (p_id, p_receipt, 'work-order', p_item, p_terms, p_urgency, 'hotline', '', 'zh-CN', p_received)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM FROM submissions WHERE id = p_id AND receipt = p_receipt AND channel = 'hotline';
        RETURN CASE WHEN FOUND THEN 'again' ELSE 'reused' END;
    END IF;
    INSERT INTO letters (id, sealed) VALUES (p_id, p_sealed);
    RETURN 'kept';
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION courier_order FROM PUBLIC;
GRANT EXECUTE ON FUNCTION courier_order TO shequ_courier;
