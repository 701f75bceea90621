-- Statements of a session that shows instants in a zone (`SET TIME ZONE 'Asia/Ho_Chi_Minh'`), each asked here and of
-- PostgreSQL: days, hours and texts follow the clocks of the zone.
-- A statement begins after a line with its name and ends with a semicolon at the end of a line.

-- instants and what is made of them
SELECT id, at, at::text AS t, at::date AS d, at::timestamp AS shown, date_trunc('day', at) AS day, extract(hour from at) AS h, extract(epoch from at) AS e,
       to_char(at, 'YYYY-MM-DD HH24:MI:SS OF') AS c, at AT TIME ZONE 'UTC' AS utc, at + interval '1 day' AS next FROM samples ORDER BY id;

-- means by the day of the zone
SELECT date_trunc('day', at) AS day, count(*) AS c, avg(x) AS m FROM samples GROUP BY 1 ORDER BY 1;

-- days of the zone as dates
SELECT at::date AS d, count(*) AS c FROM samples GROUP BY 1 ORDER BY 1;

-- bounds without a zone
SELECT id FROM samples WHERE at >= '2020-01-03' AND at < '2020-01-05 07:30' ORDER BY id;

-- bounds with a zone
SELECT id FROM samples WHERE at BETWEEN '2020-01-02 09:30+00' AND '2020-01-04T00:30:00Z' ORDER BY id;

-- one instant
SELECT id FROM samples WHERE at = '2020-01-02 03:30' OR at IN ('2020-01-02 16:30', '2020-01-03 05:30+07') ORDER BY id;

-- a day of the zone
SELECT count(*) FROM samples WHERE at::date = '2020-01-03';

-- literals
SELECT '2020-02-29 01:02:03'::timestamptz AS a, timestamptz '2020-02-29 01:02:03+00' AS b, '2020-02-29'::timestamptz AS c,
       '2020-02-29 01:02:03'::timestamp::timestamptz AS d, timestamp '2020-02-29 20:00' AT TIME ZONE 'UTC' AS e,
       to_timestamp(1582940523) AS f, to_timestamp('2020-02-29 05:00', 'YYYY-MM-DD HH24:MI') AS g,
       make_timestamptz(2020, 2, 29, 1, 2, 3, 'UTC') AS h, 'epoch'::timestamptz AS i;

-- the highest and the lowest
SELECT max(at), min(at), max(at) - min(at) AS span FROM samples;

-- a series of instants
SELECT d FROM generate_series(timestamptz '2020-01-01', timestamptz '2020-01-03', interval '1 day') AS g(d) ORDER BY 1;

-- a join on days of the zone
SELECT a.id, b.id AS other FROM samples a JOIN samples b ON a.at::date = b.at::date AND a.id < b.id ORDER BY 1, 2;

-- the name of the zone
SELECT current_setting('timezone') AS zone;
