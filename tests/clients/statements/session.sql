-- What tools say to a session when they begin, and now and then: each line is answered without an error.
SET extra_float_digits = 3
SET application_name = 'DBeaver 24.2.0 - Main'
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED
SET search_path = "$user",public
SET SESSION search_path TO public
SET DateStyle = 'ISO'
SET DATESTYLE TO 'ISO, MDY'
SET client_min_messages TO WARNING
SET statement_timeout = '30s'
SET statement_timeout TO 0
SET lock_timeout = 0
SET idle_in_transaction_session_timeout = 0
SET SESSION TIMEZONE TO 'UTC'
SET TIME ZONE 'Asia/Ho_Chi_Minh'
SET timezone = 'UTC'
SET bytea_output TO hex
SET intervalstyle TO postgres
SET row_security = off
SET LOCAL statement_timeout = 10
SET ENABLE_SEQSCAN = ON
SET ROLE NONE
SET SESSION AUTHORIZATION DEFAULT
SET synchronous_commit = off
SET standard_conforming_strings = on
SET NAMES 'UTF8'
SET transaction_read_only = on
SHOW ALL
SHOW server_version
SHOW server_version_num
SHOW transaction_isolation
SHOW TRANSACTION ISOLATION LEVEL
SHOW search_path
SHOW timezone
SHOW TIME ZONE
SHOW datestyle
SHOW max_identifier_length
SHOW standard_conforming_strings
SHOW client_encoding
SHOW lc_collate
SHOW is_superuser
SHOW in_hot_standby
SHOW ssl
SHOW default_transaction_read_only
SELECT set_config('bytea_output', 'hex', false)
SELECT pg_catalog.set_config('search_path', '', false)
SELECT current_setting('server_version_num')::int / 10000
SELECT current_setting('is_superuser', true)
BEGIN
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
SAVEPOINT a
RELEASE SAVEPOINT a
COMMIT
START TRANSACTION READ ONLY
ROLLBACK
BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE
END
DEALLOCATE ALL
UNLISTEN *
RESET ALL
DISCARD ALL
