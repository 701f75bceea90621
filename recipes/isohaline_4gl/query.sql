-- Stations of a branch in order from the sea, all of the same day; the first pair from the sea with
-- S(i) >= 4 > S(i+1), linear in km. Censored where there is no crossing. Where several datasets
-- hold a station's maximum, the largest counts.
WITH profile AS (
  SELECT river.mouth, river.km, reading.phenomenon_time, max(reading.result) AS salinity
  FROM observation AS reading
  JOIN river_station AS river ON river.place = reading.place
  WHERE reading.property = 'salinity_max_day' AND reading.statistic = 'max' AND reading.period = 'P1D'
    AND reading.quality NOT IN (4, 9) AND reading.result IS NOT NULL
  GROUP BY river.mouth, river.km, reading.phenomenon_time
),
pairs AS (
  SELECT mouth, phenomenon_time, km, salinity,
         lead(km) OVER along AS next_km,
         lead(salinity) OVER along AS next_salinity,
         row_number() OVER along AS number,
         count(*) OVER (PARTITION BY mouth, phenomenon_time) AS stations,
         min(km) OVER (PARTITION BY mouth, phenomenon_time) AS first_km,
         max(km) OVER (PARTITION BY mouth, phenomenon_time) AS last_km
  FROM profile
  WINDOW along AS (PARTITION BY mouth, phenomenon_time ORDER BY km)
),
crossings AS (
  SELECT mouth, phenomenon_time, first_km, last_km,
         max(CASE WHEN number = 1 THEN salinity END) AS seaward,
         min(CASE WHEN salinity >= 4 AND next_salinity < 4
                  THEN km + (salinity - 4) / (salinity - next_salinity) * (next_km - km) END) AS distance
  FROM pairs
  WHERE stations >= 3
  GROUP BY mouth, phenomenon_time, first_km, last_km
)
SELECT mouth AS place, 'isohaline_distance_4gl' AS property, 'max' AS statistic, 'P1D' AS period, 'km' AS unit,
       phenomenon_time, phenomenon_time + INTERVAL '1 day' AS phenomenon_end,
       CASE WHEN seaward >= 4 THEN distance END AS result,
       CASE WHEN seaward < 4 THEN concat('<', first_km)
            WHEN distance IS NULL THEN concat('>', last_km) END AS result_text
FROM crossings
