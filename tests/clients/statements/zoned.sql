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

-- what is cast without the zone, and what is made of it
SELECT id, at::timestamp::date AS d, extract(hour from at::timestamp) AS h, to_char(at::timestamp, 'HH24:MI') AS c, at::timestamp + interval '1 day' AS next,
       at::timestamp AT TIME ZONE 'UTC' AS there, at::time AS clock, (at::timestamp)::text AS t, timezone('Asia/Tokyo', at::timestamp) AS other FROM samples ORDER BY id;

-- means by a time without the zone
SELECT date_trunc('day', at::timestamp) AS day, count(*) AS c, min(at::timestamp) AS low, max(at::date) AS high FROM samples GROUP BY 1 ORDER BY 1;

-- days and times without a zone beside instants
SELECT id, at > date '2020-01-03' AS a, at >= timestamp '2020-01-03 05:30' AS b, at BETWEEN date '2020-01-02' AND date '2020-01-03' AS c,
       date '2020-01-04' <= at AS d, at IN (timestamp '2020-01-02 03:30') AS e FROM samples ORDER BY id;

-- bounds that are days
SELECT id FROM samples WHERE at >= date '2020-01-03' AND at < date '2020-01-03' + 2 ORDER BY id;

-- what lies between an instant and a time
SELECT id, at - timestamp '2020-01-01' AS a, at - date '2020-01-01' AS b, at - '2020-01-01' AS c, age(at, '2020-01-01') AS d, age(timestamptz '2020-03-01', at) AS e
  FROM samples ORDER BY id;

-- instants as JSON
SELECT id, to_json(at) AS a, json_build_object('at', at) AS b FROM samples ORDER BY id;

-- instants as texts
SELECT id, concat(at, ' ', n) AS a, concat_ws('/', id, at::date) AS b, at || '' AS c, format('%s', at) AS d FROM samples ORDER BY id;

-- texts that stand for instants
SELECT id, coalesce(at, '2020-01-01') AS a, greatest(at, '2020-01-03') AS b, nullif(at, '2020-01-04 07:30') AS c, CASE WHEN flag THEN at ELSE '2020-01-01' END AS d
  FROM samples ORDER BY id;

-- parts of an instant
SELECT id, extract(timezone from at) AS a, extract(timezone_hour from at) AS b, extract(dow from at) AS c, extract(doy from at) AS d, extract(week from at) AS e,
       extract(century from at) AS f, extract(julian from at::date) AS g FROM samples ORDER BY id;

-- instants that are put together
SELECT make_timestamptz(2020, 1, 2, 3, 4, 5) AS a, make_timestamp(2020, 1, 2, 3, 4, 5)::timestamptz AS b, date '2020-01-02'::timestamptz AS c,
       date_trunc('month', date '2020-01-20') AS d;

-- days that words name
SELECT 'today'::date = current_date AS a, 'now'::timestamptz IS NOT NULL AS b, 'tomorrow'::timestamp = current_date + 1 AS c, 'yesterday'::timestamptz = current_date - 1 AS d,
       now()::date = current_date AS e, localtimestamp::date = current_date AS f, localtime = now()::time AS g;

-- a series between texts
SELECT g FROM generate_series('2020-01-01'::timestamptz, '2020-01-03', '12 hours') AS g ORDER BY 1;

-- a series of days as instants
SELECT g, g::date AS d FROM generate_series(date '2020-01-01', date '2020-01-03', interval '1 day') AS g ORDER BY 1;

-- clocks that are put forward and back
SELECT timestamp '2020-03-08 02:30'::timestamptz AS a, timestamp '2020-11-01 01:30'::timestamptz AS b, '2020-11-01 01:30'::timestamptz AS c,
       timestamptz '2020-11-01 05:30+00'::timestamp AS d, timestamptz '2020-11-01 06:30+00'::timestamp AS e;

-- the first instant, as a time, as a day
SELECT min(at) AS a, min(at::timestamp) AS b, min(at::date) AS c, max(at::date) AS d, count(n) AS e, count(DISTINCT at::date) AS f FROM samples;
