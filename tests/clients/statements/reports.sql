-- Statements of the kinds that Metabase, Superset and other tools for reports write of their own accord, over a
-- table of observations. Each is asked of PostgreSQL too, over the same rows, and has to be answered alike.
-- A statement begins after a line with its name and ends with a semicolon at the end of a line.

-- a mean by month, names quoted and with their schema
SELECT DATE_TRUNC('month', "public"."salinity_2h"."phenomenon_time") AS "phenomenon_time",
       AVG("public"."salinity_2h"."result") AS "avg"
FROM "public"."salinity_2h"
GROUP BY DATE_TRUNC('month', "public"."salinity_2h"."phenomenon_time")
ORDER BY DATE_TRUNC('month', "public"."salinity_2h"."phenomenon_time") ASC;

-- a count by day
SELECT CAST("salinity_2h"."phenomenon_time" AS date) AS "day", COUNT(*) AS "count"
FROM "salinity_2h" GROUP BY CAST("salinity_2h"."phenomenon_time" AS date) ORDER BY 1;

-- the day of the week, the hour and the quarter as whole numbers
SELECT (CAST(extract(dow from CAST("phenomenon_time" AS timestamp)) AS integer) + 1) AS "dow",
       CAST(extract(hour from CAST("phenomenon_time" AS timestamp)) AS integer) AS "hour",
       CAST(extract(quarter from CAST("phenomenon_time" AS timestamp)) AS integer) AS "quarter", COUNT(*) AS "count"
FROM "public"."salinity_2h" GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- times in the zone of the delta
SELECT timezone('Asia/Ho_Chi_Minh', "phenomenon_time") AS a, "phenomenon_time" AT TIME ZONE 'Asia/Ho_Chi_Minh' AS b,
       timezone('Asia/Ho_Chi_Minh', timezone('UTC', CAST('2020-02-01 00:00:00' AS timestamp))) AS c,
       CAST('2020-02-01 00:00:00' AS timestamp) AT TIME ZONE 'Asia/Ho_Chi_Minh' AS d
FROM salinity_2h ORDER BY "phenomenon_time", datastream LIMIT 20;

-- days in the zone of the delta
SELECT CAST(DATE_TRUNC('day', timezone('Asia/Ho_Chi_Minh', phenomenon_time)) AS date) AS d, max(result) AS m
FROM salinity_2h GROUP BY 1 ORDER BY 1;

-- times as texts
SELECT to_char(phenomenon_time, 'YYYY-MM') AS month, to_char(phenomenon_time, 'DD/MM/YYYY HH24:MI:SS') AS full,
       to_char(phenomenon_time, 'FMDD "ngày"') AS bare
FROM salinity_2h ORDER BY phenomenon_time, datastream LIMIT 5;

-- a range of times as Metabase writes it
SELECT COUNT(*) AS "count" FROM "public"."salinity_2h"
WHERE "phenomenon_time" >= timestamp with time zone '2020-02-10 00:00:00.000Z'
  AND "phenomenon_time" < timestamp with time zone '2020-02-20 00:00:00.000Z';

-- a range of times as Superset writes it
SELECT count(*) AS n FROM salinity_2h
WHERE phenomenon_time >= TO_TIMESTAMP('2020-02-10 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
  AND phenomenon_time < TO_TIMESTAMP('2020-02-20 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US');

-- a range of days as Superset writes it
SELECT count(*) AS n FROM salinity_2h WHERE phenomenon_time::date >= TO_DATE('2020-02-10', 'YYYY-MM-DD');

-- times moved by intervals
SELECT CAST('2020-03-31 05:00:00' AS timestamp) + INTERVAL '-1 month' AS a,
       CAST('2020-03-31 05:00:00' AS timestamp) + (INTERVAL '-30 day') AS b,
       date_trunc('week', CAST('2020-03-31 05:00:00' AS timestamp) - INTERVAL '90 minutes') AS c,
       CAST(CAST('2020-03-31' AS date) + INTERVAL '1 day' AS date) AS d;

-- differences of times and of days
SELECT CAST('2020-03-31' AS date) - CAST('2020-02-28' AS date) AS days,
       CAST('2020-03-31' AS date) + 3 AS later, CAST('2020-03-31' AS date) - 3 AS earlier,
       CAST('2020-03-31 05:00:00' AS timestamp) - CAST('2020-03-29 04:30:00' AS timestamp) AS span,
       extract(epoch from CAST('2020-03-31 05:00:00' AS timestamp)) - extract(epoch from CAST('2020-03-31' AS timestamp)) AS seconds;

-- seconds since 1970 as a time
SELECT to_timestamp(1582210800) AS t, extract(epoch from timestamp '2020-02-20 15:00:00') AS s;

-- texts that are like others, whatever their case
SELECT DISTINCT place FROM salinity_2h WHERE place ILIKE '%:CAU%' OR lower(place) LIKE 'station:s%' ORDER BY place;

-- a median and other shares
SELECT place, percentile_cont(0.5) WITHIN GROUP (ORDER BY result) AS median,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY result) AS p90
FROM salinity_2h GROUP BY place ORDER BY place;

-- a series of numbers
SELECT n FROM generate_series(1, 5) AS g(n) ORDER BY n;

-- a probe for the columns of a virtual table
SELECT * FROM (SELECT place, result, phenomenon_time FROM salinity_2h WHERE result > 1) AS virtual_table LIMIT 0;

-- a virtual table, its columns chosen and bounded
SELECT "virtual_table"."place" AS "place", SUM("virtual_table"."result") AS "SUM(result)"
FROM (SELECT * FROM salinity_2h) AS "virtual_table" WHERE "virtual_table"."result" IS NOT NULL
GROUP BY "virtual_table"."place" ORDER BY "SUM(result)" DESC, "place" LIMIT 10;

-- bins of equal width
SELECT FLOOR(("public"."salinity_2h"."result" / 5.0)) * 5.0 AS "bin", COUNT(*) AS "count"
FROM "public"."salinity_2h" GROUP BY FLOOR(("public"."salinity_2h"."result" / 5.0)) * 5.0 ORDER BY 1 ASC NULLS FIRST;

-- aggregates
SELECT count(distinct place) AS places, min(result) AS low, max(result) AS high, stddev_pop(result) AS sp,
       stddev(result) AS ss, var_pop(result) AS vp, variance(result) AS vs, bool_or(result > 20) AS any_high,
       bool_and(result >= 0) AS none_low, count(*) FILTER (WHERE result > 4) AS above,
       sum(CASE WHEN result > 4 THEN 1 ELSE 0 END) AS above_too
FROM salinity_2h;

-- lists of aggregates
SELECT string_agg(DISTINCT place, ', ' ORDER BY place) AS places, array_agg(DISTINCT unit ORDER BY unit) AS units
FROM salinity_2h;

-- windows
SELECT place, phenomenon_time, result,
       row_number() OVER (PARTITION BY place ORDER BY phenomenon_time DESC) AS n,
       lag(result) OVER (PARTITION BY place ORDER BY phenomenon_time) AS before,
       avg(result) OVER (PARTITION BY place ORDER BY phenomenon_time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving
FROM salinity_2h ORDER BY place, phenomenon_time LIMIT 50;

-- conditions
SELECT coalesce(NULL, 'a') AS a, nullif(1, 1) AS b, greatest(1, 3, 2) AS c, least(1, 3, 2) AS d,
       CASE WHEN 1 > 2 THEN 'x' ELSE 'y' END AS e, 5 BETWEEN 1 AND 10 AS f, 'a' IN ('a', 'b') AS g, NOT true AS h,
       1 IS DISTINCT FROM NULL AS i;

-- texts
SELECT split_part('a:b:c', ':', 2) AS a, substring('station:x' from 9) AS b, substring('abc123' from '[0-9]+') AS c,
       position('b' in 'abc') AS d, upper('độ mặn') AS e, char_length('độ') AS f, trim(both ' ' from ' x ') AS g,
       concat('a', NULL, 1) AS h, 'a' || 'b' AS i, replace('aba', 'a', 'c') AS j, left('abc', 2) AS k,
       right('abc', 2) AS l, regexp_replace('a1b2', '[0-9]', '#', 'g') AS m, initcap('sóc trăng') AS n,
       'abc' ~ '^a' AS o, 'abc' !~* '^A' AS p, strpos('abc', 'c') AS q, reverse('abc') AS r, btrim('xax', 'x') AS s;

-- numbers
SELECT round(CAST(2.345 AS numeric), 2) AS a, trunc(2.9) AS b, floor(-2.1) AS c, ceil(2.1) AS d, mod(7, 3) AS e,
       power(2, 10) AS f, sqrt(16) AS g, abs(-3) AS h, sign(-2.5) AS i, 7 / 2 AS j, 7 % 3 AS k, 7.0 / 2 AS l,
       ln(exp(1)) AS m, pi() AS n;

-- numbers as texts and texts as numbers
SELECT CAST(1.5 AS text) AS a, CAST(30 AS text) AS b, result::text AS c, '42'::int AS d, '1.25'::double precision AS e,
       phenomenon_time::text AS f, true::text AS g, CAST('2020-01-02' AS date)::text AS h
FROM salinity_2h ORDER BY phenomenon_time, datastream LIMIT 3;

-- named queries, unions, what is in both and what is in one
WITH high AS (SELECT DISTINCT place FROM salinity_2h WHERE result > 10), low AS (SELECT DISTINCT place FROM salinity_2h WHERE result < 1)
SELECT 'both' AS what, count(*) AS n FROM (SELECT place FROM high INTERSECT SELECT place FROM low) a
UNION ALL SELECT 'high only', count(*) FROM (SELECT place FROM high EXCEPT SELECT place FROM low) b
UNION ALL SELECT 'any', count(*) FROM (SELECT place FROM high UNION SELECT place FROM low) c ORDER BY what;

-- subqueries
SELECT place, max(result) AS m FROM salinity_2h o
WHERE EXISTS (SELECT 1 FROM salinity_2h i WHERE i.place = o.place AND i.result > 10)
  AND place IN (SELECT place FROM salinity_2h GROUP BY place HAVING count(*) > 10)
  AND result < (SELECT max(result) FROM salinity_2h)
GROUP BY place ORDER BY place;

-- totals beside their parts
SELECT place, statistic, count(*) AS n FROM salinity_2h GROUP BY ROLLUP (place, statistic)
ORDER BY place NULLS LAST, statistic NULLS LAST;

-- a page
SELECT place, phenomenon_time FROM salinity_2h ORDER BY place, phenomenon_time OFFSET 10 ROWS FETCH FIRST 5 ROWS ONLY;

-- rows numbered by their order, for the highest of each
SELECT place, result FROM (SELECT place, result, rank() OVER (PARTITION BY place ORDER BY result DESC, phenomenon_time) AS r
FROM salinity_2h) ranked WHERE r = 1 ORDER BY place, result;

-- spans between times, in calendar units
SELECT CAST(extract(year from age(date_trunc('day', timestamp '2023-03-15'), date_trunc('day', timestamp '2020-05-20'))) AS integer) AS years,
       CAST(extract(month from age(timestamp '2023-03-15', timestamp '2020-05-20')) AS integer) AS months,
       age(timestamp '2023-03-15', timestamp '2020-05-20') AS span;

-- lists
SELECT ARRAY[1, 2, 3] AS a, 2 = ANY (ARRAY[1, 2, 3]) AS b, array_length(ARRAY['x', 'y'], 1) AS c, 'x' = ANY ('{x,y}'::text[]) AS d,
       array_to_string(ARRAY['x', 'y'], '-') AS e, cardinality(ARRAY[1, 2]) AS f;

-- values
SELECT v.a, v.b FROM (VALUES (1, 'x'), (2, 'y')) AS v(a, b) ORDER BY v.a DESC;

-- a join on a table of its own
SELECT a.place, count(*) AS n FROM salinity_2h a JOIN (SELECT place, max(result) AS m FROM salinity_2h GROUP BY place) b
ON a.place = b.place AND a.result >= b.m / 2 GROUP BY a.place ORDER BY a.place;

-- a quarter of an hour, as Superset cuts it
SELECT DATE_TRUNC('hour', phenomenon_time) + INTERVAL '15 minutes' * FLOOR(EXTRACT(MINUTE FROM phenomenon_time) / 15) AS t, count(*) AS n
FROM salinity_2h GROUP BY 1 ORDER BY 1 LIMIT 20;

-- ten minutes, as others cut it
SELECT date_trunc('hour', t) + (date_part('minute', t)::int / 10 * interval '10 min') AS a, extract(minute from t) / 15 AS b,
       date_part('hour', t) / 5 AS c, 2.5 * interval '1 month' AS d, interval '1 day 3 hours' * 3 AS e
FROM (SELECT timestamp '2020-02-03 04:37:10' AS t) AS one;

-- a mean by the hour, as Grafana asks
SELECT floor(extract(epoch from phenomenon_time) / 3600) * 3600 AS "time", avg(result) AS v FROM salinity_2h
WHERE phenomenon_time BETWEEN '2020-02-01T00:00:00Z' AND '2020-03-01T00:00:00Z' GROUP BY 1 ORDER BY 1 LIMIT 20;

-- the three highest over time, as Superset asks
SELECT DATE_TRUNC('day', phenomenon_time) AS __timestamp, place AS place, AVG(result) AS "AVG(result)" FROM public.salinity_2h
JOIN (SELECT place AS place__, AVG(result) AS mme_inner__ FROM public.salinity_2h GROUP BY place ORDER BY mme_inner__ DESC LIMIT 3) AS anon_1 ON place = place__
GROUP BY DATE_TRUNC('day', phenomenon_time), place ORDER BY "AVG(result)" DESC, __timestamp, place LIMIT 10;

-- weeks that begin on Sunday, as Metabase asks
SELECT (CAST(DATE_TRUNC('week', (CAST("phenomenon_time" AS timestamp) + (INTERVAL '1 day'))) AS timestamp) + (INTERVAL '-1 day')) AS w, count(*) AS n
FROM salinity_2h GROUP BY 1 ORDER BY 1;

-- a share, as Metabase asks
SELECT CAST(SUM(CASE WHEN "result" > 1 THEN 1 ELSE 0.0 END) AS float) / CASE WHEN COUNT(*) = 0 THEN NULL ELSE COUNT(*) END AS "share" FROM "public"."salinity_2h";

-- the value at a share, several shares, and the most frequent value
SELECT place, percentile_disc(0.5) WITHIN GROUP (ORDER BY result) AS middle,
       percentile_disc(0.9) WITHIN GROUP (ORDER BY result DESC) FILTER (WHERE result > 1) AS low,
       percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY result) AS quartiles,
       mode() WITHIN GROUP (ORDER BY floor(result)) AS most_often
FROM salinity_2h GROUP BY place ORDER BY place;

-- buckets of equal width, and between bounds
SELECT width_bucket(result, 0, 30, 6) AS bucket, width_bucket(result, ARRAY[1, 4, 10]::float8[]) AS bounded, count(*) AS n
FROM salinity_2h GROUP BY 1, 2 ORDER BY 1, 2;

-- numbers as texts by a pattern
SELECT DISTINCT to_char(result, 'FM999990.00') AS bare, to_char(result, '9990.9') AS wide, to_char(-result, 'S099.9') AS signed
FROM salinity_2h ORDER BY 1 LIMIT 40;

-- texts that are filled up to a length
SELECT lpad('7', 2, '0') AS a, rpad('ab', 5, 'xyz') AS b, lpad('Độ mặn', 4) AS c, repeat('-', 3) AS d, chr(97) AS e;

-- days in a zone, the zone as an argument
SELECT date_trunc('day', phenomenon_time, 'Asia/Ho_Chi_Minh') AS day, count(*) AS n
FROM salinity_2h GROUP BY 1 ORDER BY 1;

-- a series by its own name
SELECT n, generate_series FROM generate_series(1, 3) n, generate_series(5, 6) ORDER BY 1, 2;

-- comparisons with items of lists
SELECT place, count(*) AS n FROM salinity_2h
WHERE place = ANY ('{station:cau_noi,station:tra_vinh}'::text[]) AND quality <> ALL (ARRAY[9]) AND result > ANY (ARRAY[1.5, 100])
GROUP BY place ORDER BY place;

-- whether there is anything, among what is given
SELECT EXISTS (SELECT 1 FROM salinity_2h WHERE result > 1000) AS some, NOT EXISTS (SELECT 1 FROM salinity_2h) AS none,
       EXISTS (SELECT 1 FROM salinity_2h);

-- JSON out of values and values out of JSON
SELECT json_build_object('place', place, 'most', max(result), 'n', count(*)) AS one,
       json_build_array(1, 'a', NULL, true) AS list, to_json(place) AS name,
       '{"a": {"b": [1, 2]}}'::json #>> '{a,b,1}' AS deep, '{"a": 1}'::json ->> 'a' AS shallow,
       json_array_length('[1, 2, 3]') AS length
FROM salinity_2h GROUP BY place ORDER BY place;

-- rows as a list in JSON
SELECT json_agg(place ORDER BY place) AS places, json_object_agg(place, n ORDER BY place) AS counts
FROM (SELECT place, count(*) AS n FROM salinity_2h GROUP BY place) AS of_place;

-- spans put together and divided
SELECT make_interval(days => 3, hours => 2) AS a, interval '1 day' / 2 AS b, make_timestamp(2020, 2, 29, 1, 2, 3) AS c,
       div(7, 2) AS d, quote_literal('it''s') AS e, num_nonnulls(1, NULL, 2) AS f, 'station' ^@ 'sta' AS g;
