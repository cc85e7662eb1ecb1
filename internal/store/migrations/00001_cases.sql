-- Everything of one community's cases. Group roles shequ_portal, shequ_desk and
-- shequ_courier exist in the server; what a program may do stands beside each table.
-- The portal may touch no table: it calls the functions of 00002.
-- Times that are never have the last day of the year 9999, so that pages can be
-- read on from them.

-- +goose Up
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO shequ_portal, shequ_desk, shequ_courier;

-- What came in, sent once or more often. What the resident wrote is in letters.
CREATE TABLE submissions (
    id       uuid PRIMARY KEY,
    receipt  bytea NOT NULL UNIQUE CHECK (octet_length(receipt) = 32),
    kind     text NOT NULL,
    item     text NOT NULL,
    terms    jsonb NOT NULL,
    urgency  text NOT NULL,
    channel  text NOT NULL,
    work     text NOT NULL,
    language text NOT NULL,
    received timestamptz NOT NULL,
    state    text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'taken', 'unreadable', 'expired')),
    why      text NOT NULL DEFAULT ''
);
CREATE INDEX submissions_waiting ON submissions (received, id) WHERE state = 'waiting';
CREATE INDEX submissions_unreadable ON submissions (received, id) WHERE state = 'unreadable';
GRANT SELECT, INSERT, UPDATE (state, why) ON submissions TO shequ_desk;

-- What a resident wrote, sealed. A row is deleted when its time is over.
CREATE TABLE letters (
    id           uuid PRIMARY KEY REFERENCES submissions,
    sealed       bytea NOT NULL CHECK (octet_length(sealed) <= 16777216),
    retain_until timestamptz
);
ALTER TABLE letters ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX letters_retained ON letters (retain_until) WHERE retain_until IS NOT NULL;
GRANT SELECT, INSERT, UPDATE (retain_until), DELETE ON letters TO shequ_desk;

CREATE TABLE files (
    id         uuid PRIMARY KEY,
    submission uuid NOT NULL REFERENCES submissions,
    media_type text NOT NULL,
    size       bigint NOT NULL,
    sealed     bytea NOT NULL CHECK (octet_length(sealed) <= 16777216)
);
ALTER TABLE files ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX files_submission ON files (submission);
GRANT SELECT, INSERT, DELETE ON files TO shequ_desk;

-- What residents say later: events that are applied when the desk comes to them.
CREATE TABLE words (
    id           uuid PRIMARY KEY,
    submission   uuid NOT NULL REFERENCES submissions,
    type         text NOT NULL,
    reason       text NOT NULL,
    response     bigint NOT NULL,
    resolution   bigint NOT NULL,
    satisfaction bigint NOT NULL,
    said         timestamptz NOT NULL,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'applied', 'refused')),
    cause        text NOT NULL DEFAULT ''
);
CREATE INDEX words_waiting ON words (said, id) WHERE state = 'waiting';
CREATE INDEX words_pending ON words (submission) WHERE state = 'waiting';
GRANT SELECT, UPDATE (state, cause) ON words TO shequ_desk;

-- Answers to surveys, with no link to anybody; the day is all that is kept of when.
CREATE TABLE answers (
    id      uuid PRIMARY KEY,
    survey  text NOT NULL,
    channel text NOT NULL,
    work    text NOT NULL,
    day     date NOT NULL,
    choices jsonb NOT NULL
);
CREATE INDEX answers_survey ON answers (survey);
GRANT SELECT, INSERT ON answers TO shequ_desk;

-- Where each case stands. All of it follows from the trail; it is here to be found.
CREATE TABLE cases (
    id           uuid PRIMARY KEY REFERENCES submissions,
    number       text NOT NULL UNIQUE,
    kind         text NOT NULL,
    item         text NOT NULL,
    urgency      text NOT NULL,
    step         text NOT NULL,
    version      bigint NOT NULL,
    grid         text NOT NULL,
    station      text NOT NULL,
    system       text NOT NULL,
    holder       text NOT NULL,
    paused       text NOT NULL,
    round        bigint NOT NULL,
    response     bigint NOT NULL,
    resolution   bigint NOT NULL,
    satisfaction bigint NOT NULL,
    rated_round  bigint NOT NULL,
    received     timestamptz NOT NULL,
    updated      timestamptz NOT NULL,
    -- due is when the next clock that runs reaches its limit, alarm when somebody
    -- has to be told, ended when the case did.
    due          timestamptz NOT NULL,
    alarm        timestamptz NOT NULL,
    ended        timestamptz NOT NULL,
    open         boolean NOT NULL,
    -- was_late: a limit was passed by the latest turn, in any round.
    was_late     boolean NOT NULL,
    responded    boolean NOT NULL,
    satisfied    boolean NOT NULL,
    allowed      text[] NOT NULL, -- to the resident
    reopen_until timestamptz NOT NULL,
    -- routed is the grid it is to go to once it is registered; else there is a doubt,
    -- and perhaps grids to choose among.
    routed       text NOT NULL,
    doubt        text NOT NULL,
    among        text[] NOT NULL,
    deliverable  boolean NOT NULL
);
CREATE INDEX cases_open ON cases (due, id) WHERE open;
CREATE INDEX cases_mine ON cases (holder, due, id) WHERE open AND holder <> '';
CREATE INDEX cases_grid ON cases (grid, due, id) WHERE open AND grid <> '';
CREATE INDEX cases_grids ON cases (due, id) WHERE open AND grid <> '';
CREATE INDEX cases_station ON cases (due, id) WHERE open AND grid = '' AND station = '' AND system = '' AND holder = '';
CREATE INDEX cases_item ON cases (item, due, id) WHERE open;
CREATE INDEX cases_kind ON cases (kind, due, id) WHERE open;
CREATE INDEX cases_ended ON cases (ended, id) WHERE NOT open;
CREATE INDEX cases_ended_grid ON cases (grid, ended, id) WHERE NOT open AND grid <> '';
CREATE INDEX cases_ended_item ON cases (item, ended, id) WHERE NOT open;
CREATE INDEX cases_ended_kind ON cases (kind, ended, id) WHERE NOT open;
CREATE INDEX cases_alarm ON cases (alarm) WHERE open;
CREATE INDEX cases_routed ON cases (id) WHERE step = 'registered' AND paused = '' AND routed <> '';
CREATE INDEX cases_received ON cases (received);
CREATE INDEX cases_public ON cases (received DESC, id) WHERE kind = 'help-request';
GRANT SELECT, INSERT, UPDATE ON cases TO shequ_desk;

-- The last number given to a case, by year.
CREATE TABLE numbers (
    year integer PRIMARY KEY,
    last bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON numbers TO shequ_desk;

-- The audit trail: the turns of all cases, and every use of what residents wrote.
-- Each entry has the hash of the one before it.
CREATE TABLE audit (
    sequence bigint PRIMARY KEY,
    case_id  uuid NOT NULL,
    number   bigint, -- of the turn; null in a use
    event    text,   -- its id; null in a use
    at       timestamptz NOT NULL,
    body     jsonb NOT NULL,
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    hash     bytea NOT NULL CHECK (octet_length(hash) = 32),
    CHECK ((number IS NULL) = (event IS NULL))
);
CREATE UNIQUE INDEX audit_turn ON audit (case_id, number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX audit_event ON audit (event) WHERE event IS NOT NULL;
GRANT SELECT, INSERT ON audit TO shequ_desk;
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM CURRENT_USER;

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail can be added to and not altered' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit ENABLE ALWAYS TRIGGER append_only;

-- Its length and last hash, in the one row whose lock puts entries in order.
CREATE TABLE audit_head (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    length bigint NOT NULL,
    hash   bytea NOT NULL CHECK (octet_length(hash) = 32)
);
INSERT INTO audit_head (length, hash) VALUES (0, decode(repeat('00', 32), 'hex'));
GRANT SELECT, UPDATE (length, hash) ON audit_head TO shequ_desk;

-- What was published, once and for all: figures of months, results of surveys.
CREATE TABLE figures (
    month     date PRIMARY KEY,
    published timestamptz NOT NULL,
    body      jsonb NOT NULL
);
CREATE TABLE survey_results (
    survey    text PRIMARY KEY,
    published timestamptz NOT NULL,
    body      jsonb NOT NULL
);
GRANT SELECT, INSERT ON figures, survey_results TO shequ_desk;
