-- name: InsertAnswer :execrows
INSERT INTO answers (id, survey, channel, work, day, choices) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING;

-- name: AnswerByID :one
SELECT EXISTS (SELECT FROM answers WHERE id = $1 AND survey = $2 AND choices = @choices::jsonb);

-- name: Choices :many
SELECT choices FROM answers WHERE survey = $1;

-- name: Outcomes :many
SELECT item, responded, (step = 'closed')::boolean AS resolved, (was_late OR due < @now)::boolean AS late,
    (rated_round > 0)::boolean AS rated, satisfied
FROM cases WHERE received >= @from_time AND received < @to_time;

-- name: FirstReceived :one
SELECT received FROM cases ORDER BY received LIMIT 1;

-- name: PublishedMonths :many
SELECT month FROM figures ORDER BY month;

-- name: PublishFigures :exec
INSERT INTO figures (month, published, body) VALUES ($1, $2, $3) ON CONFLICT (month) DO NOTHING;

-- name: SurveyPublished :one
SELECT EXISTS (SELECT FROM survey_results WHERE survey = $1);

-- name: PublishSurvey :exec
INSERT INTO survey_results (survey, published, body) VALUES ($1, $2, $3) ON CONFLICT (survey) DO NOTHING;

-- name: CensusOpen :many
SELECT kind, step, count(*) AS cases, count(*) FILTER (WHERE due < @now) AS late FROM cases WHERE open GROUP BY kind, step;

-- name: CensusWaiting :one
SELECT
    (SELECT count(*) FROM submissions WHERE state = 'waiting') AS waiting,
    (SELECT count(*) FROM submissions WHERE state = 'unreadable') AS unreadable,
    (SELECT count(*) FROM words WHERE words.state = 'waiting') AS words;

-- name: LatestFigures :many
SELECT month, body FROM figures ORDER BY month DESC LIMIT @most;
