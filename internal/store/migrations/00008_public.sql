-- A public request that is closed was last touched when it was closed: that somebody
-- rated it, and when, is not public.

-- +goose Up
CREATE OR REPLACE VIEW public_requests AS
    SELECT id, number, item, step, received, CASE WHEN open THEN updated ELSE ended END AS updated, due, grid, open
    FROM cases WHERE kind = 'help-request' AND step <> 'withdrawn';
