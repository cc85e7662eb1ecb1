-- The books in the audit trail, and what billers answer to questions.

-- +goose Up

-- The hash of each journal of the books stands in the trail. Whoever checks the one
-- against the other reads these entries in their order.
CREATE INDEX audit_booked ON audit (sequence) WHERE body ->> 'act' = 'book-payment';

-- What systems answered to questions of the desk's, such as what a customer owes, sealed
-- to the community's key. It is deleted when it was heard, or when nobody needs it.
CREATE TABLE question_answers (
    key     uuid PRIMARY KEY, -- of the question
    task    text NOT NULL,
    version bigint NOT NULL,
    at      timestamptz NOT NULL,
    sealed  bytea NOT NULL CHECK (octet_length(sealed) <= 2097152)
);
CREATE INDEX question_answers_at ON question_answers (at, key);
GRANT INSERT ON question_answers TO shequ_courier;
GRANT SELECT, DELETE ON question_answers TO shequ_desk;
