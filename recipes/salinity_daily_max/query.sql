-- A day is a day in Vietnam. Values that failed their tests (4) or are missing (9) do not count.
WITH daily AS (
  SELECT place, local_day(phenomenon_time) AS day, max(result) AS highest
  FROM observation
  WHERE property = 'salinity' AND statistic = 'instant' AND quality NOT IN (4, 9) AND result IS NOT NULL
  GROUP BY place, local_day(phenomenon_time)
),
instants AS (
  SELECT place, highest, day,
         CAST(day AS TIMESTAMP) - INTERVAL '7 hours' AS day_start,
         date_trunc('month', CAST(day AS TIMESTAMP)) AS month
  FROM daily
),
monthly AS (
  SELECT place, month,
         count(*) FILTER (WHERE highest > 1) AS above_1,
         count(*) FILTER (WHERE highest > 4) AS above_4
  FROM instants
  GROUP BY place, month
)
SELECT place, 'salinity_max_day' AS property, 'max' AS statistic, 'P1D' AS period, 'g/L' AS unit,
       day_start AS phenomenon_time, day_start + INTERVAL '1 day' AS phenomenon_end, highest AS result
FROM instants
UNION ALL
SELECT place, 'days_above_1gl', 'count', 'P1M', 'd',
       month - INTERVAL '7 hours', month + INTERVAL '1 month' - INTERVAL '7 hours', CAST(above_1 AS DOUBLE)
FROM monthly
UNION ALL
SELECT place, 'days_above_4gl', 'count', 'P1M', 'd',
       month - INTERVAL '7 hours', month + INTERVAL '1 month' - INTERVAL '7 hours', CAST(above_4 AS DOUBLE)
FROM monthly
