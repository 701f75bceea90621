-- Expressions, one a line, each asked here and of PostgreSQL as `SELECT …`: values and types have to be the same.
-- A line that begins with two signs names what follows.

-- numbers
1 + 1
7 / 2
-7 / 2
-7 % 3
7.5 / 2
1 / 2.0
2 ^ 10
2 ^ 0.5
|/ 25.0
@ -5
10 / 3.0::float8
1e3
1.50
0.1 + 0.2
0.1 + 0.2 = 0.3
0.1 * 3 = 0.3
0.3 - 0.35
(0.1 + 0.2)::text
1.1 % 0.1
mod(5.5, 0.1)
-7.5 % 2
x * 0.1 = 0.125 FROM samples ORDER BY id LIMIT 1
1.1 * 1.1 = 1.21
0.1::float8 + 0.2::float8
1::numeric / 3
2147483647 + 1::bigint
9223372036854775807
5 & 3
5 | 3
5 # 3
1 << 4
16 >> 2
~5
abs(-3)
abs(-3.5)
ceil(2.1)
ceil(-2.1::float8)
floor(2.9)
round(2.5)
round(-2.5)
round(3.5)
round(2.5::float8)
round(3.5::float8)
round(-0.5::float8)
round(2.345, 2)
round(2.675, 2)
round(-2.675, 2)
round(avg(n)) FROM samples WHERE n IN (2, 3)
round(avg(n), 2) FROM samples
round(sum(n) / 2.0) FROM samples WHERE n IN (2, 3)
round(x) FROM samples WHERE n = 2
round(count(*) / 2.0) FROM samples WHERE n < 6
avg(n)::int FROM samples WHERE n IN (2, 3)
(x * 0.2)::int FROM samples WHERE n = 2
round(0.5)
round(coalesce(NULL, 2.5))
round(m) FROM (SELECT avg(n) AS m FROM samples WHERE n IN (2, 3)) a
2.675::numeric(5,2)
2.675::float8::numeric(5,2)
12345678901234567890.125::numeric
0.000000000001::numeric
'1.10'::numeric
round(2.345::numeric, 1)
round(1234.5, -2)
trunc(2.987, 1)
trunc(1.15, 2)
trunc(-1.155, 2)
trunc(-2.9::float8)
trunc(12.7)
sign(-3)
sign(0.0)
mod(7, 3)
mod(-7, 3)
mod(7.5, 2)
div(7, 2)
div(9007199254740993, 2)
div(-7, 2)
div(7.5, 2)
div(0.3, 0.1)
power(2, 3)
power(2::float8, 0.5)
sqrt(2)
sqrt(16.0)
cbrt(27)
exp(1)
ln(2.718281828459045::float8)
log(100)
log(2, 8)
log10(1000)
pi()
degrees(pi())
radians(180)
sin(1)
cos(1)
tan(1)
atan2(1, 2)
asin(0.5)
gcd(12, 18)
lcm(4, 6)
factorial(5)
greatest(1, 2.5, 2)
least(3, NULL, 2)
greatest(NULL::int, NULL)
width_bucket(5.35, 0.024, 10.06, 5)
width_bucket(35, ARRAY[10, 20, 30])
scale(2.340)
trim_scale(2.340)
min_scale(2.340)
'NaN'::float8
'Infinity'::float8
'-Infinity'::float8 < 0
1::int = 1.0
1 <> 2
5 BETWEEN 1 AND 10
5 NOT BETWEEN 1 AND 10
5 BETWEEN SYMMETRIC 10 AND 1
1 IS DISTINCT FROM NULL
1 IS NOT DISTINCT FROM 1
'nan'::float8 = 'nan'::float8
num_nulls(1, NULL, 2)
num_nonnulls(1, NULL, 2)

-- what cannot be told apart from another type at a glance
1
1.5
'x'
NULL
true
1::smallint
1::bigint
1::real
1.5::real
1::int2 + 1::int2
1::int4 + 1::int8
1::real + 1::real
1::real + 1::float8
1 + 1.5
1 + 1.5::float8
sum(n) FROM samples
sum(x) FROM samples
avg(n) FROM samples
avg(x) FROM samples
count(*) FROM samples
count(n) FROM samples
max(n) FROM samples
min(name) FROM samples
max(at) FROM samples
stddev(n) FROM samples
variance(x) FROM samples
sum(n::int) FROM samples
avg(n::int) FROM samples
sum(x::numeric) FROM samples
max(x::numeric) FROM samples
bool_and(flag) FROM samples
every(flag) FROM samples
string_agg(name, ', ' ORDER BY name) FROM samples
array_agg(n ORDER BY n DESC) FROM samples
array_agg(n ORDER BY n DESC NULLS LAST) FROM samples
array_agg(DISTINCT n % 3 ORDER BY n % 3) FROM samples
string_agg(DISTINCT flag::text, '-' ORDER BY flag::text) FROM samples
count(DISTINCT n % 3) FROM samples
count(*) FILTER (WHERE n > 3) FROM samples
sum(n) FILTER (WHERE n > 1000) FROM samples
corr(n, x) FROM samples
covar_pop(n, x) FROM samples
covar_samp(n, x) FROM samples
regr_slope(x, n) FROM samples
regr_intercept(x, n) FILTER (WHERE flag) FROM samples
regr_intercept(x, n) FROM samples WHERE n = 1
regr_intercept(x * 2 + 1, n) FROM samples
regr_r2(x, n) FROM samples
regr_count(x, n) FROM samples
regr_avgx(x, n) FROM samples
regr_sxx(x, n) FROM samples
percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM samples
percentile_cont(0.25) WITHIN GROUP (ORDER BY n) FROM samples
percentile_disc(0.5) WITHIN GROUP (ORDER BY n) FROM samples
percentile_disc(0.5) WITHIN GROUP (ORDER BY name) FROM samples
percentile_cont(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY x) FROM samples
percentile_cont(0.9) WITHIN GROUP (ORDER BY x DESC) FROM samples
percentile_cont(0.9) WITHIN GROUP (ORDER BY x) FILTER (WHERE flag) FROM samples
percentile_cont(0.5) WITHIN GROUP (ORDER BY n) FROM samples WHERE false
percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY n) FROM samples
percentile_cont(NULL) WITHIN GROUP (ORDER BY n) FROM samples
mode() WITHIN GROUP (ORDER BY n % 3) FROM samples
bit_and(n) FROM samples
bit_or(n) FROM samples
avg(NULL::float8)
sum(x) FROM samples WHERE false
count(*) FROM samples WHERE false
array_agg(n) FROM samples WHERE false
max(n) FROM samples WHERE false

-- texts
'a' || 'b'
'a' || NULL
'a' || 1
1 || 'a'
'a' || 1.5
'a' || 1.50
ARRAY[1.5] || 2.5::float8
'a' || true
'a' || '2020-01-01'::date
concat('a', NULL, 1, true)
concat('a', ARRAY[true, false])
concat_ws('-', true, 2, false)
'a' || true::text
concat_ws(', ', 'a', NULL, 'b')
upper('độ mặn')
lower('ĐỘ MẶN')
initcap('sóc trăng province')
length('độ mặn')
char_length('độ')
character_length('độ')
octet_length('độ')
bit_length('độ')
left('abcdef', 2)
left('abcdef', -2)
right('abcdef', 2)
right('abcdef', -2)
lpad('7', 3, '0')
lpad('abcdef', 3)
rpad('7', 3, '0')
ltrim('  x ')
rtrim('xyzz', 'z')
btrim('zxyzz', 'z')
trim('  x ')
trim(leading 'x' from 'xxaxx')
trim(trailing from ' a ')
trim(both 'xy' from 'yxaxy')
substr('abcdef', 2, 3)
substr('abcdef', -1, 4)
substring('abcdef' from 2 for 3)
substring('abcdef', 3)
substring('abc123def' from '[0-9]+')
substring('foobar' from 'o(.)b')
substring('foobar' similar 'f#"o_b#"%' escape '#')
position('b' in 'abc')
position('z' in 'abc')
strpos('abc', 'c')
replace('aba', 'a', 'cc')
translate('12345', '143', 'ax')
reverse('độ')
repeat('ab', 3)
repeat('ab', 0)
split_part('a:b:c', ':', 2)
split_part('a:b:c', ':', 5)
split_part('a:b:c', ':', -1)
starts_with('abc', 'ab')
ascii('a')
ascii('đ')
chr(272)
md5('abc')
encode('abc'::bytea, 'hex')
encode('abc'::bytea, 'base64')
encode('ab'::bytea, 'base64')
encode(repeat('a', 57)::bytea, 'base64')
encode(repeat('a', 120)::bytea, 'base64')
encode('a\000\200b'::bytea, 'escape')
decode('YW I=', 'base64')
decode('a\000b', 'escape')
decode('616263', 'hex')
sha256('abc'::bytea)
to_hex(255)
to_hex(-1)
to_hex(-1::bigint)
quote_ident('Ab c')
quote_ident('abc')
quote_ident('user')
quote_ident('between')
quote_ident('abort')
quote_ident('date')
quote_ident('left')
quote_ident('interval')
quote_ident('_a1')
quote_ident('1a')
quote_literal('it''s')
quote_literal(42)
quote_nullable(NULL)
overlay('Txxxxas' placing 'hom' from 2 for 4)
overlay('abcdef' placing 'X' from 3)
format('%s và %s', 'a', 1)
format('%s', true)
format('%L', true)
format('%I', 'Ab')
format('%I.%I', 'Ab', 'cd')
format('%L', 'it''s')
format('%2$s %1$s', 'a', 'b')
format('%5s|%-5s|', 'a', 'b')
'abc' LIKE 'a%'
'abc' LIKE '_b_'
'abc' NOT LIKE 'a%'
'ABC' ILIKE 'a%'
'a%c' LIKE 'a\%c'
'abc' SIMILAR TO '(a|x)%'
'abc' SIMILAR TO 'b'
'abc' NOT SIMILAR TO '%(b|d)%'
'abc' ~ '^a.c$'
'ABC' ~* 'abc'
'abc' !~ 'x'
'abc' !~* 'B'
'abc' ~~ 'a%'
'abc' ~~* 'A%'
'abc' !~~ 'a%'
'abc' ^@ 'ab'
regexp_replace('a1b2', '[0-9]', '#')
regexp_replace('a1b2', '[0-9]', '#', 'g')
regexp_replace('Ab', '(a)(b)', '\2\1', 'i')
regexp_match('foobar', 'o(.)(.)')
regexp_match('foobar', 'x')
regexp_matches('foobar', 'o.')
regexp_split_to_array('a1b2c', '[0-9]')
regexp_count('abcabc', 'b')
regexp_like('abc', 'B', 'i')
regexp_substr('abc12', '[0-9]+')
regexp_instr('abc12', '[0-9]')
string_to_array('a,b,c', ',')
string_to_array('a,,c', ',', '')
array_to_string(ARRAY['a', NULL, 'c'], ',')
array_to_string(ARRAY['a', NULL, 'c'], ',', '?')
'a' < 'b'
'a' = 'A'
'' IS NULL
coalesce(NULL, 'x', 'y')
nullif('a', 'a')
nullif(1, 2)
normalize('a')
unistr('\0111')
E'a\tb'
E'\u0111'
$$it's$$
U&'\0111'
'abc'::varchar(2)
'abc'::char(5)
'abc'::text
cast('12' as integer)
'12'::int + 1
' 12 '::int
'1.5'::float8
'1.5'::numeric
'1e3'::float8
'yes'::boolean
'off'::boolean
't'::bool
1::boolean
0::boolean
true::int
true::text
false::varchar
1.5::int
9007199254740993.4::bigint
-9007199254740993.5::bigint
0.5::int
-0.5::int
2.5::int
3.5::int
-1.5::int
2.5::float8::int
3.5::float8::int
1.7::float8::bigint
1.23456::numeric(5,2)
1.235::numeric(5,2)
123.456::numeric(10,1)
1e10::float8::text
1e20::float8::text
1e-5::float8::text
0.0001::float8::text
123456789.123::float8::text
1.0::float8::text
-0.0::float8
100::float8::text
1.10::text
1.10::numeric::text
1.10::numeric * 2
'1.10'::numeric::text
x::numeric(10,1)::text FROM samples ORDER BY id
3::numeric::text
'x'::name
'abc'::bytea
'\x6162'::bytea
'\x 61 62'::bytea
'a\000b'::bytea
'a\\b'::bytea
ARRAY[1, 2]::text
ARRAY['a b', 'c,d', '', NULL, 'null', 'x"y']::text
ARRAY[true, false]::text
'2020-01-01'::date::text
'2020-01-01 10:00'::timestamp::text
'2020-01-01 10:00'::timestamptz::text
interval '1 day'::text

-- times
'2020-02-29'::date
date '2020-02-29'
timestamp '2020-02-29 01:02:03.5'
timestamp '2020-02-29'
timestamp with time zone '2020-02-29 01:02:03+07'
'2020-02-29 01:02:03+07'::timestamptz
'2020-02-29T01:02:03Z'::timestamptz
'2020-02-29 01:02:03'::timestamptz
'2020-02-29'::timestamptz
'2020-02-29 01:02:03+07'::timestamp
'2020-02-29 01:02:03'::timestamp::timestamptz
'2020-02-29 01:02:03+00'::timestamptz::timestamp
'2020-02-29 01:02:03+00'::timestamptz::date
'2020-02-29 01:02:03+00'::timestamptz::time
CAST('2020-02-29 01:02:03+00' AS timestamp with time zone)
'2020-02-29'::date::timestamp
'2020-02-29'::date::timestamptz
'01:02:03'::time
'01:02:03.1234567'::time
'01:02:03.1234565'::time
'10:00:60'::time
timestamp '2020-12-31 23:59:59.9999999'
time '01:02'
'epoch'::timestamptz
'infinity'::timestamptz > now()
now() IS NOT NULL
current_date = now()::date
current_timestamp = now()
localtimestamp = now()::timestamp
date '2020-03-01' - date '2020-02-01'
date '2020-03-01' + 5
date '2020-03-01' - 5
5 + date '2020-03-01'
date '2020-03-01' + interval '1 month'
date '2020-03-01' - interval '1 day'
date '2020-01-31' + interval '1 month'
date '2020-03-01' + time '03:00'
timestamp '2020-03-31' - interval '1 month'
timestamp '2020-03-31 10:00' - timestamp '2020-03-01 12:00'
timestamptz '2020-03-31 10:00+00' - timestamptz '2020-03-01 12:00+00'
timestamptz '2020-03-31 10:00+00' + interval '36 hours'
timestamp '2020-03-31' > date '2020-03-30'
timestamptz '2020-03-31 00:00+00' = timestamp '2020-03-31'
date '2020-03-31' = timestamp '2020-03-31'
time '10:00' + interval '90 minutes'
time '10:00' - time '08:30'
interval '1 day' + interval '2 hours'
interval '1 day' * 2.5
2 * interval '1 hour'
interval '1 month' / 2
- interval '1 day'
interval '1 year 2 months 3 days 04:05:06'
interval '90 minutes'
interval '36 hours'
interval '1' day
interval '1-2' year to month
interval '1:30' minute to second
interval '1:30' hour to minute
interval '1 day 2:03' minute to second
interval '90' second
interval '1:2:3.456789' second(2)
'1:30'::interval minute to second
'1.26 seconds'::interval(1)
interval '1.5' hour
interval '1.5' month
interval '2' day to second
interval '1' year to month
interval '3 days 4 hours' day
interval '1 day 2:03:04' hour to minute
interval '1.1 years'
interval '-1.5 years'
interval '1.7 decades'
interval '1.23 months'
interval '1 week'
interval 'P1DT2H'
interval '1.5 days'
'3 days'::interval
'1 day'::interval = '24 hours'::interval
interval '1 month' = interval '30 days'
interval '1 month' > interval '29 days'
interval '1 day' < '25 hours'
'1 day' = interval '24 hours'
CASE interval '1 day' WHEN interval '24 hours' THEN 1 ELSE 2 END
interval '1 day' <> interval '24 hours'
interval '36 hours' BETWEEN '1 day' AND '2 days'
interval '1 day' IN (interval '24 hours')
count(*) FROM samples WHERE at - timestamptz '2020-01-01 00:00+00' > interval '2 days'
count(*) FROM samples WHERE at - timestamptz '2020-01-01 00:00+00' > '36 hours'
interval '1 day' > interval '23 hours'
interval '-1 day +2 hours'
justify_days(interval '35 days')
justify_hours(interval '27 hours')
justify_interval(interval '1 month -1 hour')
make_date(2020, 2, 29)
make_time(1, 2, 3.5)
make_timestamp(2020, 2, 29, 1, 2, 3.5)
make_timestamptz(2020, 2, 29, 1, 2, 3.5, 'UTC')
make_interval(days => 3, hours => 2)
make_interval(1, 2, 3, 4, 5, 6, 7.5)
make_interval(years => 1, months => 2)
age(timestamp '2023-03-15', timestamp '2020-05-20')
age(date '2023-03-15', date '2020-05-20')
date_trunc('hour', timestamp '2020-02-29 01:42:03')
date_trunc('day', timestamptz '2020-02-29 01:42:03+00')
date_trunc('week', timestamp '2020-02-29 01:42:03')
date_trunc('month', timestamp '2020-02-29 01:42:03')
date_trunc('quarter', timestamp '2020-05-29 01:42:03')
date_trunc('year', timestamp '2020-02-29 01:42:03')
date_trunc('decade', timestamp '2025-02-28 01:42:03')
date_trunc('century', timestamp '2025-02-28 01:42:03')
date_trunc('millennium', timestamp '2025-02-28 01:42:03')
date_trunc('century', timestamp '1500-03-01')
date_trunc('year', timestamp '1500-05-05')
date_trunc('century', date '2000-01-01')
date_trunc('minute', timestamp '2020-02-29 01:42:03')
date_trunc('second', timestamp '2020-02-29 01:42:03.7')
date_trunc('milliseconds', timestamp '2020-02-29 01:42:03.7654')
date_trunc('month', date '2020-02-29')
date_trunc('day', timestamptz '2020-02-29 20:42:03+00', 'Asia/Ho_Chi_Minh')
date_trunc('hour', interval '1 day 3 hours 40 minutes')
date_trunc('MONTH', timestamp '2020-02-29 01:42:03')
date_bin('15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01')
date_bin(interval '1 hour', timestamptz '2020-02-11 15:44:17+00', timestamptz '2001-01-01 00:30+00')
date_bin('1 day', timestamp '2000-02-11 15:44:17', timestamp '2001-01-01 02:00')
extract(year from date '2020-02-29')
extract(month from timestamp '2020-02-29 01:42:03')
extract(day from timestamp '2020-02-29 01:42:03')
extract(hour from timestamptz '2020-02-29 01:42:03+00')
extract(minute from timestamp '2020-02-29 01:42:03')
extract(second from timestamp '2020-02-29 01:42:03.25')
extract(milliseconds from timestamp '2020-02-29 01:42:03.25')
extract(microseconds from timestamp '2020-02-29 01:42:03.25')
extract(epoch from timestamp '2020-02-29 01:42:03.25')
extract(epoch from timestamptz '2020-02-29 01:42:03+07')
extract(epoch from date '2020-02-29')
extract(epoch from interval '1 day 2 hours')
extract(epoch from interval '1 month')
extract(dow from date '2020-03-01')
extract(isodow from date '2020-03-01')
extract(doy from date '2020-03-01')
extract(week from date '2021-01-01')
extract(isoyear from date '2021-01-01')
extract(quarter from date '2020-05-01')
extract(decade from date '2020-05-01')
extract(century from date '2020-05-01')
extract(millennium from date '2020-05-01')
extract(julian from date '2020-05-01')
extract(hour from interval '27 hours')
extract(second from interval '1.25 seconds')
extract(milliseconds from interval '1 min 1.25 seconds')
extract(microseconds from interval '1 hour 1.25 seconds')
extract(second from interval '-1.5 second')
extract(minute from interval '90 minutes')
extract(hour from interval '-27 hours')
extract(epoch from interval '1.5 seconds')
extract(epoch from interval '1 year 2 months')
extract(decade from interval '25 years')
extract(quarter from interval '5 months')
extract(milliseconds from timestamp '2020-02-29 01:42:03.2505')
extract(second from time '10:20:30.5')
extract(hour from timestamp '2020-03-10 10:30' - timestamp '2020-03-01')
extract(epoch from timestamp '2020-03-10 10:30:00.5' - timestamp '2020-03-01')
extract(second from at) FROM samples ORDER BY id LIMIT 1
extract(day from interval '40 days 27 hours')
extract(month from interval '14 months')
extract(year from interval '14 months')
extract(hour from time '10:20:30')
extract(timezone from timestamptz '2020-02-29 01:42:03+07')
date_part('year', date '2020-02-29')
date_part('hour', timestamp '2020-02-29 01:42:03')
date_part('epoch', timestamptz '2020-02-29 01:42:03+00')
date_part('dow', timestamp '2020-03-01')
date_part('day', timestamp '2020-03-10' - timestamp '2020-03-01')
timezone('Asia/Ho_Chi_Minh', timestamptz '2020-02-29 20:00+00')
timestamptz '2020-02-29 20:00+00' AT TIME ZONE 'Asia/Ho_Chi_Minh'
timestamp '2020-02-29 20:00' AT TIME ZONE 'Asia/Ho_Chi_Minh'
date '2020-02-29' AT TIME ZONE 'Asia/Ho_Chi_Minh'
timestamptz '2020-02-29 20:00+00' AT TIME ZONE 'UTC'
timestamptz '2020-02-29 20:00+00' AT TIME ZONE '+07'
timestamptz '2020-02-29 20:00+00' AT TIME ZONE interval '7 hours'
(timestamptz '2020-02-29 20:00+00' AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
to_timestamp(1582940523)
to_timestamp(1582940523.25)
to_timestamp('29/02/2020 13:05', 'DD/MM/YYYY HH24:MI')
to_timestamp('2020-02-29', 'YYYY-MM-DD')
to_date('29 Feb 2020', 'DD Mon YYYY')
to_date('20200229', 'YYYYMMDD')
to_char(timestamp '2020-02-09 13:05:06.789', 'YYYY-MM-DD HH24:MI:SS')
to_char(timestamp '2020-02-09 13:05:06.789', 'DD/MM/YYYY')
to_char(timestamp '2020-02-09 13:05:06.789', 'FMDD FMMonth YYYY')
to_char(timestamp '2020-02-09 13:05:06.789', 'Month') || '|'
to_char(timestamp '2020-02-09 13:05:06.789', 'TMMonth|TMDay|TMMON|TMDy|TMDD|TMYYYY')
to_char(timestamp '2020-02-09 13:05:06.789', 'MONTH') || '|'
to_char(timestamp '2020-02-09 13:05:06.789', 'Day') || '|'
to_char(timestamp '2020-02-09 13:05:06.789', 'DAY, Dy, DY, dy')
to_char(timestamp '2020-02-09 13:05:06.789', 'Mon MON mon')
to_char(timestamp '2020-02-09 13:05:06.789', 'HH12:MI AM')
to_char(timestamp '2020-02-09 13:05:06.789', 'HH:MI pm')
to_char(timestamp '2020-02-09 13:05:06.789', 'MS US')
to_char(timestamp '2020-02-09 13:05:06.789', 'YY Y,YYY')
to_char(timestamp '2020-02-09 13:05:06.789', 'D ID DDD Q WW IW IYYY')
to_char(timestamp '2020-02-09 13:05:06.789', 'YYYY"-Q"Q')
to_char(timestamp '2020-02-09 13:05:06.789', 'W CC J')
to_char(timestamp '2020-02-09 13:05:06.789', 'SSSS')
to_char(timestamp '2020-02-09 13:05:06.789', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
to_char(timestamp '2020-02-09 13:05:06.789', 'FMHH24:FMMI')
to_char(timestamp '2020-02-09 13:05:06.789', 'DDth')
to_char(timestamp '2020-02-09 13:05:06.789', 'yyyy-mm-dd hh24:mi')
to_char(timestamptz '2020-02-09 13:05:06+00', 'YYYY-MM-DD HH24:MI:SSOF')
to_char(timestamptz '2020-02-09 13:05:06+00', 'TZ')
to_char(date '2020-02-09', 'YYYY-MM')
to_char(date '2020-02-09', 'MM/YYYY')
to_char(interval '27 hours 3 minutes', 'HH24:MI')
to_char(interval '27 hours 3 minutes', 'HH:MI')
to_char(interval '3 days 2 hours', 'DD HH24')
to_char(1234.5, '9,999.99')
to_char(0.125, '9.99')
to_char(0.125::float8, '9.99')
to_char(2.675::numeric, '9.99')
to_char(9007199254740993::bigint, '99999999999999999')
to_char(avg(n), '9') FROM samples WHERE n IN (2, 3)
to_char(123456789012345.678::numeric, 'FM999999999999999.999')
to_char(0.1::float8, '9.99999999999999999999')
to_char(-0.001, 'FM990.00')
to_char(1234.5, 'FM9,999.00')
to_char(-5, '999')
to_char(5, '000')
to_char(0.5, '0.99')
to_char(12, 'FM99')
to_char(1234567, '9G999G999')
to_char(0.256, '99.9%')
to_char(485, '"Good number:"999')
to_char(12, 'RN')
to_char(12.4::float8, 'FM999.9')
to_char(1e3::float8, '9.99EEEE')
to_number('1,234.50', '9,999.99')
to_number('12', '99')
(date '2020-01-01', date '2020-02-01') OVERLAPS (date '2020-01-15', date '2020-03-01')
isfinite(date '2020-01-01')
date '2020-01-01' BETWEEN '2019-01-01' AND '2021-01-01'
timestamptz '2020-01-01 00:00+00' > '2019-12-31'
'2020-01-01' < date '2020-01-02'
date_trunc('month', at) FROM samples ORDER BY id LIMIT 1
at::date FROM samples ORDER BY id LIMIT 3
at::text FROM samples ORDER BY id LIMIT 3
at AT TIME ZONE 'Asia/Ho_Chi_Minh' FROM samples ORDER BY id LIMIT 3
extract(epoch from at) FROM samples ORDER BY id LIMIT 3
date_part('hour', at) FROM samples ORDER BY id LIMIT 3
at - lag(at) OVER (ORDER BY at) FROM samples ORDER BY at LIMIT 3
max(at) - min(at) FROM samples
avg(extract(epoch from at)) FROM samples
sum(at - timestamptz '2020-01-01 00:00+00') FROM samples
avg(at - timestamptz '2020-01-01 00:00+00') FROM samples
at >= '2020-01-03' FROM samples ORDER BY id LIMIT 4
at = '2020-01-03T00:00:00Z' FROM samples ORDER BY id LIMIT 4
count(*) FROM samples WHERE at BETWEEN '2020-01-01' AND '2020-01-03'
count(*) FROM samples WHERE at::date = '2020-01-02'
count(*) FROM samples WHERE at::date = date '2020-01-02'
count(*) FROM samples WHERE date_trunc('day', at) = '2020-01-02'
count(*) FROM samples WHERE extract(month from at) = 1
count(*) FROM samples WHERE to_char(at, 'YYYY-MM') = '2020-01'
count(*) FROM samples WHERE at > now() - interval '1 day'

-- conditions
CASE WHEN 1 > 2 THEN 'x' ELSE 'y' END
CASE 3 WHEN 1 THEN 'one' WHEN 3 THEN 'three' END
CASE WHEN false THEN 1 END
CASE WHEN true THEN 1 ELSE 2.5 END
true AND NULL
false AND NULL
NULL OR true
NOT NULL::boolean
NULL IS TRUE
true IS NOT FALSE
NULL::boolean IS UNKNOWN
1 = 1 AND 2 > 1 OR false
(1, 2) = (1, 2)
(1, 2) < (1, 3)
(1, 'a') IN ((1, 'a'), (2, 'b'))
(1, 2) NOT IN ((1, 3), (2, 2))
1 IN (1, 2, NULL)
3 IN (1, 2, NULL)
3 NOT IN (1, 2)
3 NOT IN (1, NULL)
5 NOT IN (SELECT n FROM samples)
(5 NOT IN (SELECT n FROM samples)) IS NULL
(5 IN (SELECT n FROM samples)) IS NULL
(100 NOT IN (SELECT n FROM samples)) IS NULL
(NULL::int IN (SELECT n FROM samples)) IS NULL
(NULL::int IN (SELECT n FROM samples WHERE false)) IS NULL
100 NOT IN (SELECT n FROM samples WHERE n IS NOT NULL)
(1, 2) IN (SELECT n, n FROM samples)
(100, 1) NOT IN (SELECT n, n FROM samples)
100 = ANY (SELECT n FROM samples)
100 <> ALL (SELECT n FROM samples)
CASE WHEN 100 NOT IN (SELECT n FROM samples) THEN 'out' ELSE 'in or not known' END
coalesce(100 IN (SELECT n FROM samples), true)
1 = ANY (ARRAY[1, 2])
1 = ALL (ARRAY[1, 2])
1 < ANY ('{0,2}'::int[])
1 = ANY (SELECT n FROM samples)
3 > ALL (SELECT n FROM samples WHERE n < 3)
3 < ANY (SELECT n FROM samples)
(100 < ANY (SELECT n FROM samples)) IS NULL
(0 < ALL (SELECT n FROM samples)) IS NULL
count(*) FROM samples WHERE n < ANY (SELECT n FROM samples WHERE n > 3)
count(*) FROM samples WHERE n >= ALL (SELECT n FROM samples WHERE n < 3)
count(*) FROM samples WHERE n >= ALL (SELECT n FROM samples)
count(*) FROM samples WHERE n >= ALL (SELECT n FROM samples WHERE false)
count(*) FROM samples WHERE NOT (n >= ALL (SELECT n FROM samples WHERE n < 3))
count(*) FROM samples WHERE NOT (n < ANY (SELECT n FROM samples WHERE n < 3 OR n IS NULL))
count(*) FROM samples WHERE n = ALL (SELECT n FROM samples WHERE n = 3)
count(*) FROM samples WHERE n <> ANY (SELECT n FROM samples WHERE n = 3)
EXISTS (SELECT 1 FROM samples WHERE n = 1)
(SELECT max(n) FROM samples)
(SELECT name FROM samples WHERE n = 1)
ROW(1, 2) IS NULL
ROW(NULL, NULL) IS NULL
(NULL, NULL) IS NULL
(1, NULL) IS NULL
(1, NULL) IS NOT NULL
ROW(1, 2) IS NOT NULL
NULL = NULL
NULL IS NULL

-- lists
ARRAY[1, 2, 3]
ARRAY['a', 'b']
ARRAY[1.5, 2]
ARRAY[]::int[]
'{1,2,3}'::int[]
'{a,"b c",NULL}'::text[]
(ARRAY[1, 2, 3])[2:3]
(ARRAY[1, 2, 3])[5]
('{a,b}'::text[])[1]
('{a,b}'::text[])[-1]
array_length(ARRAY[1, 2], 1)
array_length(ARRAY[]::int[], 1)
cardinality(ARRAY[1, 2])
array_upper(ARRAY[1, 2], 1)
array_lower(ARRAY[1, 2], 1)
array_ndims(ARRAY[1, 2])
array_dims(ARRAY[1, 2])
array_dims(ARRAY[]::int[])
array_append(ARRAY[1, 2], 3)
array_prepend(0, ARRAY[1, 2])
array_cat(ARRAY[1], ARRAY[2])
array_remove(ARRAY[1, 2, 1], 1)
array_replace(ARRAY[1, 2, 1], 1, 9)
array_position(ARRAY['a', 'b'], 'b')
array_positions(ARRAY[1, 2, 1], 1)
array_fill(0, ARRAY[3])
ARRAY[1] || ARRAY[2]
ARRAY[1] || 2
0 || ARRAY[1]
ARRAY[1, 2] @> ARRAY[1]
ARRAY[1] <@ ARRAY[1, 2]
ARRAY[1, 2] && ARRAY[2, 3]
ARRAY[1, 2] = ARRAY[1, 2]
ARRAY[1, 2] < ARRAY[1, 3]
unnest(ARRAY[1, 2])
ARRAY(SELECT n FROM samples WHERE n < 4 ORDER BY n)
array_agg(name ORDER BY n) FROM samples WHERE n < 3
array(SELECT 1)
array(SELECT n FROM samples WHERE false)
array(SELECT name FROM samples WHERE n > 100 ORDER BY name)
array(SELECT DISTINCT n FROM samples WHERE n > 100)
array(SELECT DISTINCT flag FROM samples WHERE n < 3 ORDER BY flag)
array(SELECT DISTINCT n FROM samples ORDER BY n DESC)
array(SELECT 2 AS a UNION SELECT 1 ORDER BY a)
array(SELECT n FROM samples ORDER BY n LIMIT 0)
array(SELECT n FROM samples WHERE false UNION SELECT n FROM samples WHERE false)
cardinality(array(SELECT n FROM samples WHERE false))
string_to_array('1,2', ',')::int[]
ARRAY[ARRAY[1, 2], ARRAY[3, 4]]
trim_array(ARRAY[1, 2, 3], 1)
array_to_json(ARRAY[1, 2])

-- JSON
'{"a": 1}'::json
'{"a": 1, "b": [1, 2]}'::jsonb
'{"a": {"b": 2}}'::json -> 'a'
'{"a": {"b": 2}}'::jsonb -> 'a' ->> 'b'
'{"a": {"b": 2}}'::json #>> '{a,b}'
'[1, 2, 3]'::json -> 1
'[1, 2, 3]'::jsonb ->> -1
'{"a": 1}'::jsonb ? 'a'
'{"a": 1}'::jsonb @> '{"a": 1}'
json_build_object('a', 1, 'b', 'x')
jsonb_build_object('b', 1, 'a', 'x')
json_build_array(1, 'a', NULL)
json_array_length('[1, 2]')
jsonb_array_length('[1, 2]'::jsonb)
json_typeof('[1]')
jsonb_typeof('1'::jsonb)
to_json('a'::text)
to_jsonb(1)
to_json(ARRAY[1, 2])
row_to_json(r) FROM (SELECT 1 AS a, 'x' AS b) r
json_agg(n ORDER BY n) FROM samples WHERE n < 4
jsonb_agg(n ORDER BY n) FROM samples WHERE n < 4
json_agg(ARRAY[n] ORDER BY n) FROM samples WHERE n < 3
json_agg(r ORDER BY n DESC) FROM (SELECT n, name FROM samples WHERE n < 3) r
json_object_agg(name, n ORDER BY n) FROM samples WHERE n < 3
json_extract_path_text('{"a": {"b": 2}}', 'a', 'b')
jsonb_extract_path('{"a": {"b": 2}}'::jsonb, 'a')
json_agg(r) FROM (SELECT n, name FROM samples WHERE n < 3 ORDER BY n) r
('{"a": "5"}'::json ->> 'a')::int

-- the session
current_schema
current_schema()
current_schemas(false)
current_setting('server_version_num')
current_setting('nothing.such', true)
pg_typeof(1)
pg_typeof(1.5)
pg_typeof(1.5)::text
pg_typeof(1)::text
pg_typeof(avg(n))::text FROM samples
pg_typeof('x'::text)
pg_typeof(now())
pg_typeof(ARRAY[1])
pg_typeof(x) FROM samples LIMIT 1
version() IS NOT NULL
txid_current() IS NOT NULL
has_table_privilege('samples', 'select')
has_table_privilege('samples', 'insert') AND false
has_schema_privilege('public', 'usage')
to_regclass('samples') IS NOT NULL
to_regclass('nothing_such')
'samples'::regclass::text
'int4'::regtype::text
pg_get_userbyid(10) IS NOT NULL
obj_description('samples'::regclass) IS NULL
format_type(23, NULL)
format_type(1043, 24)
format_type(1700, 327686)
format_type(1042, 9)
'int4'::regtype
'integer'::regtype::oid
pg_table_is_visible('samples'::regclass)
pg_relation_size('samples') IS NULL AND false
pg_client_encoding()
getdatabaseencoding()
inet_client_addr() IS NULL AND false
pg_postmaster_start_time() IS NULL AND false
pg_encoding_to_char(6)
current_database() IS NOT NULL
session_user = current_user
user = current_user
current_role = current_user
current_catalog = current_database()
