-- Statements over a table of every type, each asked here and of PostgreSQL: columns, values and types have to be the
-- same. A statement begins after a line with its name and ends with a semicolon at the end of a line.

-- all of a table
SELECT id, n, x, name, flag, at FROM samples ORDER BY id;

-- pairs in a list of pairs
SELECT id FROM samples WHERE (n, name) IN ((1, 'Cần Thơ'), (2, 'Sóc Trăng'), (3, 'nowhere')) ORDER BY id;

-- pairs in a query of pairs
SELECT id FROM samples WHERE (n, name) IN (SELECT n, name FROM samples WHERE x > 2) ORDER BY id;

-- pairs not in a query of pairs
SELECT id FROM samples WHERE (n, flag) NOT IN (SELECT n, flag FROM samples WHERE n IS NOT NULL AND flag) AND n IS NOT NULL AND flag IS NOT NULL ORDER BY id;

-- rows after a row, page by page
SELECT id, n FROM samples WHERE (n, id) > (3, 's04') ORDER BY n, id LIMIT 3;

-- the first of each
SELECT DISTINCT ON (flag) flag, n, name FROM samples ORDER BY flag, n DESC NULLS LAST;

-- the last of each, in another order afterwards
SELECT * FROM (SELECT DISTINCT ON (n % 3) n % 3 AS part, n, at FROM samples WHERE n IS NOT NULL ORDER BY n % 3, at DESC) last ORDER BY part;

-- the highest of each by a lateral query
SELECT g.flag, top.n, top.name FROM (SELECT DISTINCT flag FROM samples WHERE flag IS NOT NULL) g
CROSS JOIN LATERAL (SELECT n, name FROM samples s WHERE s.flag = g.flag ORDER BY n DESC NULLS LAST LIMIT 2) top ORDER BY 1, 2;

-- a lateral query that may be empty
SELECT g.n, late.m FROM (SELECT n FROM samples WHERE n < 4) g
LEFT JOIN LATERAL (SELECT max(s.n) AS m FROM samples s WHERE s.n < g.n) late ON true ORDER BY 1;

-- a lateral expression
SELECT s.n, d.twice FROM samples s, LATERAL (SELECT s.n * 2 AS twice) d WHERE s.n < 4 ORDER BY 1;

-- items of a list beside their row
SELECT s.id, u.word FROM samples s, unnest(string_to_array(s.name, ' ')) AS u(word) WHERE s.n < 4 ORDER BY 1, 2;

-- items with their places
SELECT u.word, u.place FROM unnest(ARRAY['a', 'b']) WITH ORDINALITY AS u(word, place) ORDER BY 2;

-- sets of groups
SELECT flag, n % 2 AS odd, count(*) AS c, grouping(flag) AS g FROM samples GROUP BY GROUPING SETS ((flag, n % 2), (flag), ()) ORDER BY 1 NULLS LAST, 2 NULLS LAST, 3, 4;

-- a cube
SELECT flag, n % 2 AS odd, count(*) AS c FROM samples GROUP BY CUBE (flag, n % 2) ORDER BY 1 NULLS LAST, 2 NULLS LAST, 3;

-- groups by name, number and expression
SELECT flag, count(*) FROM samples GROUP BY 1 HAVING count(*) > 1 ORDER BY count(*) DESC, 1;

-- an alias in GROUP BY and ORDER BY
SELECT n % 2 AS part, sum(x) AS s FROM samples GROUP BY part ORDER BY part NULLS FIRST;

-- nulls come last in rising and first in falling order
SELECT n FROM samples ORDER BY n;

-- nulls come first in falling order
SELECT n FROM samples ORDER BY n DESC;

-- order by an expression that is not given
SELECT id FROM samples ORDER BY coalesce(n, 0) DESC, id LIMIT 4;

-- distinct values
SELECT DISTINCT n % 3 AS r FROM samples ORDER BY r;

-- days in a series
SELECT d FROM generate_series(timestamp '2020-01-01', timestamp '2020-01-04', interval '1 day') AS d ORDER BY 1;

-- instants in a series
SELECT d FROM generate_series(timestamptz '2020-01-01 00:00+00', timestamptz '2020-01-01 04:00+00', '2 hours') AS g(d) ORDER BY 1;

-- months in a series of dates
SELECT d::date AS d FROM generate_series(date '2020-01-31', date '2020-05-31', interval '1 month') AS d ORDER BY 1;

-- a series among what is given
SELECT generate_series(1, 3) AS n;

-- a series that falls
SELECT n FROM generate_series(5, 1, -2) AS n ORDER BY 1 DESC;

-- a series up to what a table holds
SELECT n FROM generate_series(1, (SELECT count(*) FROM samples)) AS n ORDER BY 1 LIMIT 3;

-- days without a value
SELECT d.day, count(s.id) AS c FROM generate_series(timestamptz '2020-01-01 00:00+00', timestamptz '2020-01-04 00:00+00', interval '1 day') AS d(day)
LEFT JOIN samples s ON s.at >= d.day AND s.at < d.day + interval '1 day' GROUP BY 1 ORDER BY 1;

-- windows of every frame
SELECT n, sum(n) OVER (ORDER BY n) AS running, avg(x) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS smooth,
       count(*) OVER () AS everything, first_value(name) OVER (ORDER BY n) AS first, last_value(n) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last,
       nth_value(n, 2) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS second,
       ntile(3) OVER (ORDER BY n) AS third, rank() OVER (ORDER BY flag) AS r, dense_rank() OVER (ORDER BY flag) AS dr,
       percent_rank() OVER (ORDER BY n) AS pr, cume_dist() OVER (ORDER BY n) AS cd, lead(n, 2, -1) OVER (ORDER BY n) AS ahead
FROM samples WHERE n IS NOT NULL ORDER BY n;

-- a window by its name
SELECT n, row_number() OVER w AS r, sum(x) OVER w AS s FROM samples WINDOW w AS (PARTITION BY flag ORDER BY n) ORDER BY flag, n;

-- a window over a range of values
SELECT n, sum(n) OVER (ORDER BY n RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM samples WHERE n IS NOT NULL ORDER BY n;

-- a window over a range of times
SELECT at, count(*) OVER (ORDER BY at RANGE BETWEEN interval '1 day' PRECEDING AND CURRENT ROW) AS c FROM samples WHERE at IS NOT NULL ORDER BY at;

-- a window over groups
SELECT n, count(*) OVER (ORDER BY n % 3 GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS c FROM samples WHERE n IS NOT NULL ORDER BY n;

-- a window that leaves its own row out
SELECT n, sum(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS s FROM samples WHERE n IS NOT NULL ORDER BY n;

-- a window with a filter
SELECT n, count(*) FILTER (WHERE flag) OVER (ORDER BY n) AS c FROM samples WHERE n IS NOT NULL ORDER BY n;

-- an aggregate in a window
SELECT flag, sum(n) AS s, sum(sum(n)) OVER () AS total, rank() OVER (ORDER BY sum(n) DESC) AS r FROM samples GROUP BY flag ORDER BY 1;

-- a recursive query
WITH RECURSIVE steps(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM steps WHERE n < 5) SELECT n FROM steps ORDER BY n;

-- a named query that is kept
WITH s AS MATERIALIZED (SELECT n FROM samples WHERE n < 4) SELECT sum(n) AS s FROM s;

-- joins of every kind
SELECT a.n AS a, b.n AS b FROM (SELECT n FROM samples WHERE n < 4) a FULL OUTER JOIN (SELECT n FROM samples WHERE n BETWEEN 3 AND 5) b ON a.n = b.n ORDER BY 1 NULLS LAST, 2;

-- a join by the columns of the same name
SELECT n, a.name FROM samples a JOIN (SELECT n, count(*) AS c FROM samples GROUP BY n) b USING (n) ORDER BY n;

-- a natural join
SELECT n, c FROM (SELECT n FROM samples WHERE n < 3) a NATURAL JOIN (SELECT n, n * 2 AS c FROM samples) b ORDER BY n;

-- a join that is not of equals
SELECT a.n, count(b.n) AS below FROM samples a LEFT JOIN samples b ON b.n < a.n GROUP BY a.n ORDER BY a.n;

-- a correlated count
SELECT n, (SELECT count(*) FROM samples b WHERE b.n < a.n) AS below FROM samples a WHERE n IS NOT NULL ORDER BY n;

-- a correlated value in order
SELECT n, (SELECT b.name FROM samples b WHERE b.n > a.n ORDER BY b.n LIMIT 1) AS next FROM samples a WHERE n < 4 ORDER BY n;

-- not exists
SELECT n FROM samples a WHERE NOT EXISTS (SELECT 1 FROM samples b WHERE b.n = a.n + 1) ORDER BY n;

-- not in with nulls
SELECT count(*) AS c FROM samples WHERE 100 NOT IN (SELECT n FROM samples);

-- unions in order
SELECT n AS a FROM samples WHERE n < 3 UNION SELECT 7 UNION ALL SELECT 7 ORDER BY a;

-- what is in both, with repetition
SELECT n FROM samples WHERE n < 4 INTERSECT ALL SELECT n FROM samples WHERE n > 1 ORDER BY 1;

-- a union of numbers and of nothing
SELECT 1 AS a, NULL AS b UNION ALL SELECT 2, 'x' ORDER BY a;

-- a union of whole numbers and others
SELECT 1 AS a UNION ALL SELECT 2.5 ORDER BY a;

-- values with names
SELECT * FROM (VALUES (1, 'one', 1.5), (2, 'two', NULL)) AS t(a, b, c) ORDER BY a;

-- values alone
VALUES (1, 'a'), (2, 'b');

-- a table alone
TABLE samples ORDER BY id LIMIT 1;

-- nothing at all
SELECT FROM samples WHERE n < 3;

-- a page with ties
SELECT n % 3 AS r FROM samples WHERE n IS NOT NULL ORDER BY r FETCH FIRST 2 ROWS WITH TIES;

-- limit of nothing
SELECT count(*) FROM (SELECT n FROM samples LIMIT ALL OFFSET 0) a;

-- a whole row as JSON
SELECT row_to_json(s) FROM (SELECT n, name, flag FROM samples WHERE n < 3 ORDER BY n) s;

-- a row as a value
SELECT (s.n + 1) AS more, s.name FROM samples AS s WHERE s.n = 1;

-- names in capitals
SELECT Name AS "Tên", N AS N FROM SAMPLES WHERE "n" = 1;

-- a column twice
SELECT n, n, name AS n FROM samples WHERE n = 1;

-- the columns of a join, of which two have one name
SELECT * FROM (SELECT n, name FROM samples WHERE n = 1) a JOIN (SELECT n, flag FROM samples) b ON a.n = b.n;

-- names of columns that nobody gave
SELECT count(*), max(n), n + 1, upper(name), CASE WHEN flag THEN 1 END, n::text, 'x', 1.5, ARRAY[n], coalesce(n, 0), (SELECT 1), extract(year from at), current_date IS NULL,
       cast(n AS float8), name || 'x', -n, n IS NULL, date_trunc('day', at), (n), nullif(n, 1), greatest(n, 1), now() IS NULL, row_number() OVER (), true, interval '1 day', date '2020-01-01'
FROM samples WHERE n = 1 GROUP BY n, name, flag, at;

-- a statement between comments
/* before */ SELECT 1 AS one -- after
/* and /* nested */ */;

-- conditions of texts
SELECT id FROM samples WHERE name ILIKE '%trăng%' OR name ~ '^C' OR name SIMILAR TO '%(Mau|Liêu)' ORDER BY id;

-- the order of texts
SELECT name FROM samples ORDER BY name COLLATE "C";

-- a mean by day in the zone of the delta
SELECT date_trunc('day', at AT TIME ZONE 'Asia/Ho_Chi_Minh') AS day, avg(x) AS mean FROM samples GROUP BY 1 ORDER BY 1;

-- a bucket, as Grafana asks
SELECT floor(extract(epoch from at)/3600)*3600 AS "time", avg(x) AS "x" FROM samples WHERE at BETWEEN '2020-01-01T00:00:00Z' AND '2020-01-05T00:00:00Z' GROUP BY 1 ORDER BY 1;

-- a bucket as TimescaleDB's users write it here and date_bin there
SELECT date_bin('6 hours', at, timestamptz '2020-01-01 00:00+00') AS t, count(*) AS c FROM samples GROUP BY 1 ORDER BY 1;

-- the day of the week by name
SELECT to_char(at, 'Dy') AS day, count(*) AS c FROM samples GROUP BY 1 ORDER BY 1;

-- shares of a whole
SELECT flag, round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS share FROM samples GROUP BY flag ORDER BY flag;

-- division of whole numbers in aggregates
SELECT sum(n) / count(*) AS a, sum(n) * 1.0 / count(*) AS b, avg(n)::numeric(10,2) AS c, round(avg(n), 2) AS d, round(avg(x)::numeric, 3) AS e, sum(x) / count(*) AS f FROM samples;

-- a pivot by filters
SELECT n % 2 AS odd, count(*) FILTER (WHERE flag) AS yes, count(*) FILTER (WHERE NOT flag) AS no, max(x) FILTER (WHERE flag) AS most FROM samples GROUP BY 1 ORDER BY 1;

-- gaps and islands
SELECT min(n) AS from_n, max(n) AS to_n FROM (SELECT n, n - row_number() OVER (ORDER BY n) AS island FROM samples WHERE n IS NOT NULL) i GROUP BY island ORDER BY 1;

-- what changed since the row before
SELECT n, x - lag(x) OVER (ORDER BY n) AS change, CASE WHEN lag(x) OVER (ORDER BY n) <> 0 THEN round(((x - lag(x) OVER (ORDER BY n)) / lag(x) OVER (ORDER BY n) * 100)::numeric, 1) END AS percent FROM samples WHERE n IS NOT NULL ORDER BY n;

-- distinct on all columns
SELECT count(*) FROM (SELECT DISTINCT * FROM (SELECT n, flag FROM samples) a) b;

-- a comparison of a number with a text that writes one
SELECT id FROM samples WHERE n = '3' OR x > '4.5' ORDER BY id;

-- the rows of a function by name
SELECT * FROM generate_series(1, 2) AS a CROSS JOIN generate_series(1, 2) AS b ORDER BY 1, 2;

-- tables sampled whole
SELECT count(*) FROM samples TABLESAMPLE BERNOULLI (100);

-- locks that nobody needs
SELECT n FROM samples WHERE n = 1 FOR SHARE;

-- only this table
SELECT count(*) FROM ONLY samples;

-- sums of what is not there
SELECT coalesce(sum(n), 0) AS s, max(n) IS NULL AS none FROM samples WHERE n > 1000;

-- the width of histograms
SELECT width_bucket(x, 0, 10, 5) AS b, count(*) AS c, min(x) AS low FROM samples WHERE x IS NOT NULL GROUP BY 1 ORDER BY 1;

-- regular expressions in every row
SELECT id, regexp_replace(name, '\s+', '_', 'g') AS a, (regexp_match(name, '(\w+)\s'))[1] AS b, split_part(name, ' ', 1) AS c FROM samples ORDER BY id;

-- texts in rows of a function
SELECT word FROM regexp_split_to_table('a b c', ' ') AS word ORDER BY 1;

-- texts cut into rows
SELECT part FROM string_to_table('a,b', ',') AS part ORDER BY 1;

-- items of JSON in rows
SELECT value FROM json_array_elements_text('["a", "b"]') AS value ORDER BY 1;

-- members of JSON in rows
SELECT key, value FROM jsonb_each_text('{"a": 1, "b": "x"}') ORDER BY 1;

-- nothing is nothing's equal in a join
SELECT count(*) FROM samples a JOIN samples b ON a.n = b.n;

-- nothing is like nothing in a join that says so
SELECT count(*) FROM samples a JOIN samples b ON a.n IS NOT DISTINCT FROM b.n;

-- a geometry as text, numbers and parts
SELECT id, st_astext(geometry), st_x(geometry), st_y(geometry), st_srid(geometry), st_asewkt(geometry), st_geometrytype(geometry) FROM samples ORDER BY id LIMIT 3;

-- geometries near a place
SELECT id FROM samples WHERE st_dwithin(geometry, st_setsrid(st_makepoint(105.2, 9.2), 4326), 0.15) ORDER BY id;

-- geometries in a box
SELECT id FROM samples WHERE geometry && st_makeenvelope(105.05, 9.05, 105.35, 9.35, 4326) ORDER BY id;

-- geometries in an area
SELECT id FROM samples WHERE st_within(geometry, st_geomfromtext('POLYGON((105.05 9.05, 105.35 9.05, 105.35 9.35, 105.05 9.35, 105.05 9.05))', 4326)) ORDER BY id;

-- distances in metres
SELECT id, round(st_distance(geometry::geography, st_setsrid(st_makepoint(105, 9), 4326)::geography)::numeric, 1) AS m FROM samples ORDER BY id LIMIT 3;

-- the centre and the extent of all
SELECT st_astext(st_centroid(st_collect(geometry))) AS c, st_xmin(st_extent(geometry)) AS w, st_ymax(st_extent(geometry)) AS n FROM samples;

-- five seconds, as Superset cuts them
SELECT DATE_TRUNC('minute', at) + INTERVAL '5 seconds' * FLOOR(EXTRACT(SECOND FROM at) / 5) AS t, count(*) AS c FROM samples GROUP BY 1 ORDER BY 1;

-- distinct values and whether one is missing, as Power BI counts
SELECT count(DISTINCT n) + max(CASE WHEN n IS NULL THEN 1 ELSE 0 END) AS c FROM samples;

-- the day of the week, as Tableau asks
SELECT CAST(TRUNC(EXTRACT(DOW FROM at) + 1) AS INTEGER) AS d, SUM(CASE WHEN flag THEN 1 ELSE 0 END) AS yes FROM samples GROUP BY 1 ORDER BY 1;

-- the rows of a page with their number, as DBeaver counts
SELECT count(*) FROM (SELECT id, n FROM samples WHERE x > 1) dbvrcnt;

-- a share by number of rows
SELECT SUM(CASE WHEN flag THEN 1 ELSE 0 END) / COUNT(*) AS whole, SUM(CASE WHEN flag THEN 1.0 ELSE 0 END) / COUNT(*) AS part FROM samples;

-- the latest of each, by a query for each row
SELECT f.flag, (SELECT s.name FROM samples s WHERE s.flag = f.flag ORDER BY s.at DESC LIMIT 1) AS latest FROM (SELECT DISTINCT flag FROM samples) f ORDER BY 1;

-- not among others or otherwise known
SELECT id FROM samples WHERE x < 2 OR n NOT IN (SELECT n FROM samples WHERE flag OR n IS NULL) ORDER BY id;

-- rows as JSON in a list, as servers of APIs ask
SELECT coalesce(json_agg(row_to_json(t)), '[]') AS rows FROM (SELECT n, name, flag FROM samples WHERE n < 3 ORDER BY n) t;

-- items of two lists beside the row, with their places
SELECT s.id, u.word, u.place, upper(u.word) AS large FROM samples s, unnest(string_to_array(s.name, ' ')) WITH ORDINALITY AS u(word, place) WHERE s.n < 4 AND u.place < 3 ORDER BY s.id, u.place;

-- all columns with the items
SELECT * FROM (SELECT id, n FROM samples WHERE n < 3) s, unnest(ARRAY[s.n, s.n * 2]) WITH ORDINALITY AS u(item, place) ORDER BY id, place;

-- any value of another row, as Django asks
SELECT s.id, (SELECT u.name FROM samples u WHERE u.n = s.n LIMIT 1) AS p FROM samples s ORDER BY 1;

-- numbers of a thousand digits, as Django casts them
SELECT id, round(x::numeric(1000, 15), 1)::float8 AS r FROM samples ORDER BY id;

-- the first row in the order of what is given, which has the name of a column
SELECT a.id, (SELECT -b.n AS n FROM samples b WHERE b.flag = a.flag ORDER BY n LIMIT 1) AS least FROM samples a ORDER BY 1;

-- a lateral query in the order of what it gives
SELECT a.id, l.n FROM samples a, LATERAL (SELECT -b.n AS n FROM samples b WHERE b.flag = a.flag AND b.n IS NOT NULL ORDER BY n LIMIT 1) l ORDER BY 1;

-- a list in the order of what is given
SELECT array(SELECT -n AS n FROM samples WHERE n < 4 ORDER BY n) AS given;

-- not among others, of a column that is called as nothing else is
SELECT item FROM (SELECT n AS item FROM samples WHERE n < 3) t WHERE item = 9 OR item NOT IN (SELECT n FROM samples WHERE n = 3) ORDER BY 1;

-- rows among others, of a column that is called as a part
SELECT part_1 FROM (SELECT n AS part_1 FROM samples WHERE n IN (1, 3)) t WHERE (part_1, 1) IN (SELECT n, 1 FROM samples WHERE n = 3) ORDER BY 1;

-- not among others where one of them is nothing
SELECT id FROM samples WHERE n = 2 OR NOT (n IN (SELECT n FROM samples WHERE n IS NULL OR n = 3)) ORDER BY id;

-- geometries without heights, as several, and with their coordinates exchanged
SELECT id, st_astext(st_force2d(geometry)) AS a, st_astext(st_multi(geometry)) AS b, st_astext(st_flipcoordinates(geometry)) AS c,
       st_numgeometries(geometry) AS d, st_dimension(geometry) AS e FROM samples ORDER BY id;

-- what two areas have in common, and what one has more
SELECT round(st_area(st_intersection(a, b))::numeric, 6) AS both, round(st_area(st_difference(a, b))::numeric, 6) AS one,
       round(st_area(st_symdifference(a, b))::numeric, 6) AS other, round(st_perimeter(a)::numeric, 6) AS around
FROM (SELECT st_makeenvelope(105, 9, 106, 10, 4326) AS a, st_makeenvelope(105.5, 9.5, 107, 11, 4326) AS b) AS t;

-- the way through points in the order of their times
SELECT st_astext(st_makeline(geometry ORDER BY at)) AS way, st_astext(st_collect(geometry ORDER BY id DESC)) AS points FROM samples;

-- the nearest by the operator
SELECT id, round((geometry <-> 'SRID=4326;POINT(105 9)'::geometry)::numeric, 6) AS far FROM samples
ORDER BY geometry <-> 'SRID=4326;POINT(105 9)'::geometry LIMIT 3;

-- the box around points as a text, and a box that is wider
SELECT st_extent(geometry)::text AS a, st_astext(st_envelope(st_expand(st_collect(geometry), 1))) AS b FROM samples;

-- directions and moved points
SELECT round(st_azimuth(st_setsrid(st_makepoint(0, 0), 4326), geometry)::numeric, 6) AS a, st_astext(st_translate(geometry, 1, 1)) AS b,
       st_ashexewkb(geometry) AS c FROM samples ORDER BY id LIMIT 2;

-- the outer ring of an area
SELECT st_astext(st_exteriorring(st_makeenvelope(105, 9, 106, 10, 4326))) AS ring;

-- pieces of a text beside the row
SELECT s.id, word FROM samples s CROSS JOIN LATERAL regexp_split_to_table(s.name, ' ') AS word WHERE s.n < 3 ORDER BY 1, 2;

-- rows whose number is any of others
SELECT id FROM samples WHERE n = ANY (SELECT n * 2 FROM samples WHERE n < 3) ORDER BY id;

-- items of a list of the row whose table is not named
SELECT s.id, word FROM samples s CROSS JOIN unnest(string_to_array(name, ' ')) AS word WHERE s.n < 3 ORDER BY 1, 2;

-- lists of what each has, and of what has nothing
SELECT a.n, array(SELECT b.n FROM samples b WHERE b.n = a.n + 1 ORDER BY b.n) AS after FROM samples a WHERE a.n > 5 ORDER BY 1;

-- not known whether it is among others
SELECT id FROM samples WHERE (n NOT IN (SELECT n FROM samples WHERE n = 3 OR n IS NULL)) IS NULL ORDER BY id;

-- known not to be among others, or among them
SELECT id FROM samples WHERE (n IN (SELECT n FROM samples WHERE n = 3 OR n IS NULL)) IS NOT NULL ORDER BY id;

-- not both among others and something else
SELECT id FROM samples WHERE NOT (n IN (SELECT n FROM samples WHERE n = 3 OR n IS NULL) AND x < 100) ORDER BY id;

-- not either not among others or something else
SELECT id FROM samples WHERE NOT (n NOT IN (SELECT n FROM samples WHERE n = 3 OR n IS NULL) OR x > 100) ORDER BY id;

-- whether each is among others
SELECT id, n IN (SELECT n FROM samples WHERE n < 3) AS a, n NOT IN (SELECT n FROM samples WHERE n < 3 OR n IS NULL) AS b FROM samples ORDER BY id;

-- how many are among others
SELECT count(*) FILTER (WHERE n IN (SELECT n FROM samples WHERE n < 3)) AS a, sum(CASE WHEN n NOT IN (SELECT n FROM samples WHERE n < 3) THEN 1 ELSE 0 END) AS b FROM samples;

-- words of the grammar
SELECT word, catcode::text AS c, quote_ident(word) AS q, barelabel, catdesc, baredesc FROM pg_get_keywords() ORDER BY word;

-- the name of a list's items is that of their column
SELECT x, row_number() OVER (ORDER BY x) AS place FROM unnest(ARRAY['c', 'a', 'b']) x ORDER BY x;
