-- Statements of the kinds by which tools look around: DBeaver (its extension for PostgreSQL, model/*.java),
-- Metabase (driver/postgres.clj: databases, fields, keys, indexes), Superset and SQLAlchemy (dialects/postgresql),
-- the driver of Java (PgDatabaseMetaData.java), QGIS 3.22 (qgspostgresconn.cpp, qgspostgresprovider.cpp) and
-- Grafana, in words of our own. `salinity_2h` and `areas` are there in PostgreSQL too, with the same columns, keys
-- and comments; a statement marked `same` has to be answered alike there and here, and another has to be answered.
-- A statement begins after a line with its mark and name and ends with a semicolon at the end of a line.

-- same: columns of a table with types and comments, as DBeaver and psql read them
SELECT c.relname, a.attname, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod) AS kind, a.attnotnull,
       pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) AS def_value, dsc.description
FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid = c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid = ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid)
WHERE NOT a.attisdropped AND c.relkind NOT IN ('i', 'I', 'c') AND a.attnum > 0 AND c.relname IN ('salinity_2h', 'areas')
ORDER BY c.relname, a.attnum;

-- same: tables with what is said of them, as DBeaver reads them
SELECT c.relname, c.relkind, c.relpersistence, d.description FROM pg_catalog.pg_class c
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
WHERE c.relnamespace = 2200 AND c.relkind NOT IN ('i', 'I', 'c') AND c.relname IN ('salinity_2h', 'areas') ORDER BY 1;

-- same: keys, as DBeaver reads constraints
SELECT c.conname, c.contype, c.conkey, t.relname AS tabrelname, pg_catalog.pg_get_constraintdef(c.oid) AS definition
FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid = c.confrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0
WHERE t.relname IN ('salinity_2h', 'areas') ORDER BY c.conname;

-- same: indexes, as DBeaver reads them
SELECT i.indkey AS keys, i.indisunique, i.indisprimary, c.relname, tc.relname AS tabrelname, am.amname,
       pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) AS expr, pg_catalog.pg_get_indexdef(i.indexrelid, 0, true) AS definition
FROM pg_catalog.pg_index i INNER JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
INNER JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid INNER JOIN pg_catalog.pg_am am ON am.oid = c.relam
LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid = dsc.objoid
WHERE tc.relname IN ('salinity_2h', 'areas') ORDER BY c.relname;

-- same: primary keys, as the driver of Java asks
SELECT result.table_schem, result.table_name, result.column_name, result.key_seq, result.pk_name
FROM (SELECT n.nspname AS table_schem, ct.relname AS table_name, a.attname AS column_name,
             (information_schema._pg_expandarray(i.indkey)).n AS key_seq, ci.relname AS pk_name,
             information_schema._pg_expandarray(i.indkey) AS keys, a.attnum AS a_attnum
      FROM pg_catalog.pg_class ct JOIN pg_catalog.pg_attribute a ON (ct.oid = a.attrelid)
      JOIN pg_catalog.pg_namespace n ON (ct.relnamespace = n.oid) JOIN pg_catalog.pg_index i ON (a.attrelid = i.indrelid)
      JOIN pg_catalog.pg_class ci ON (ci.oid = i.indexrelid)
      WHERE true AND n.nspname = 'public' AND ct.relname = 'salinity_2h' AND i.indisprimary) result
WHERE result.a_attnum = (result.keys).x ORDER BY result.table_name, result.pk_name, result.key_seq;

-- same: indexes, as the driver of Java asks
SELECT tmp.table_name, tmp.non_unique, tmp.index_name, tmp.ordinal_position,
       trim(both '"' from pg_catalog.pg_get_indexdef(tmp.ci_oid, tmp.ordinal_position, false)) AS column_name
FROM (SELECT ct.relname AS table_name, NOT i.indisunique AS non_unique, ci.relname AS index_name,
             (information_schema._pg_expandarray(i.indkey)).n AS ordinal_position, ci.oid AS ci_oid
      FROM pg_catalog.pg_class ct JOIN pg_catalog.pg_namespace n ON (ct.relnamespace = n.oid)
      JOIN pg_catalog.pg_index i ON (ct.oid = i.indrelid) JOIN pg_catalog.pg_class ci ON (ci.oid = i.indexrelid)
      JOIN pg_catalog.pg_am am ON (ci.relam = am.oid)
      WHERE n.nspname = 'public' AND ct.relname IN ('salinity_2h', 'areas')) AS tmp
ORDER BY non_unique, index_name, ordinal_position;

-- same: the columns that Metabase reads, with their keys and comments
SELECT c.column_name AS name,
       CASE WHEN c.udt_schema IN ('public', 'pg_catalog') THEN format('%s', c.udt_name)
            ELSE format('"%s"."%s"', c.udt_schema, c.udt_name) END AS database_type,
       c.ordinal_position - 1 AS database_position, c.table_schema, c.table_name, pk.column_name IS NOT NULL AS is_key,
       col_description(CAST(CAST(format('%I.%I', CAST(c.table_schema AS text), CAST(c.table_name AS text)) AS regclass) AS oid), c.ordinal_position) AS field_comment,
       ((column_default IS NULL) OR (lower(column_default) = 'null')) AND (is_nullable = 'NO')
         AND NOT (((column_default IS NOT NULL) AND (column_default LIKE '%nextval(%')) OR (is_identity <> 'NO')) AS required
FROM information_schema.columns AS c
LEFT JOIN (SELECT tc.table_schema, tc.table_name, kc.column_name FROM information_schema.table_constraints AS tc
           INNER JOIN information_schema.key_column_usage AS kc ON (tc.constraint_name = kc.constraint_name)
             AND (tc.table_schema = kc.table_schema) AND (tc.table_name = kc.table_name)
           WHERE tc.constraint_type = 'PRIMARY KEY') AS pk
  ON (c.table_schema = pk.table_schema) AND (c.table_name = pk.table_name) AND (c.column_name = pk.column_name)
WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND (c.table_name IN ('salinity_2h', 'areas'))
UNION ALL
SELECT pa.attname, CASE WHEN ptn.nspname IN ('public', 'pg_catalog') THEN format('%s', pt.typname) ELSE format('"%s"."%s"', ptn.nspname, pt.typname) END,
       pa.attnum - 1, pn.nspname, pc.relname, FALSE, NULL, FALSE
FROM pg_catalog.pg_class AS pc INNER JOIN pg_catalog.pg_namespace AS pn ON pn.oid = pc.relnamespace
INNER JOIN pg_catalog.pg_attribute AS pa ON pa.attrelid = pc.oid INNER JOIN pg_catalog.pg_type AS pt ON pt.oid = pa.atttypid
INNER JOIN pg_catalog.pg_namespace AS ptn ON ptn.oid = pt.typnamespace
WHERE (pc.relkind = 'm') AND (pa.attnum >= 1) AND (pc.relname IN ('salinity_2h', 'areas'))
ORDER BY table_schema, table_name, database_position;

-- same: the tables that Metabase reads
SELECT n.nspname AS schema, c.relname AS name,
       CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END AS type,
       d.description AS description
FROM pg_catalog.pg_class AS c INNER JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid
LEFT JOIN pg_catalog.pg_description AS d ON (c.oid = d.objoid) AND (d.objsubid = 0) AND (d.classoid = 'pg_class'::regclass)
WHERE (c.relnamespace = n.oid) AND (n.nspname !~ '^pg_') AND (n.nspname <> 'information_schema') AND c.relkind IN ('r', 'p', 'v', 'f', 'm')
  AND (n.nspname IN ('public')) AND c.relname IN ('salinity_2h', 'areas') ORDER BY type ASC, schema ASC, name ASC;

-- same: the foreign keys that Metabase reads
SELECT fk_ns.nspname AS "fk-table-schema", fk_table.relname AS "fk-table-name", fk_column.attname AS "fk-column-name",
       pk_ns.nspname AS "pk-table-schema", pk_table.relname AS "pk-table-name", pk_column.attname AS "pk-column-name"
FROM pg_constraint AS c INNER JOIN pg_class AS fk_table ON c.conrelid = fk_table.oid INNER JOIN pg_namespace AS fk_ns ON c.connamespace = fk_ns.oid
INNER JOIN pg_attribute AS fk_column ON c.conrelid = fk_column.attrelid INNER JOIN pg_class AS pk_table ON c.confrelid = pk_table.oid
INNER JOIN pg_namespace AS pk_ns ON pk_table.relnamespace = pk_ns.oid INNER JOIN pg_attribute AS pk_column ON c.confrelid = pk_column.attrelid
WHERE fk_ns.nspname !~ '^information_schema|catalog_history|pg_' AND (c.contype = 'f'::char) AND (fk_column.attnum = ANY(c.conkey)) AND (pk_column.attnum = ANY(c.confkey))
ORDER BY "fk-table-schema" ASC, "fk-table-name" ASC;

-- same: the indexes that Metabase reads
SELECT tmp."table-schema", tmp."table-name", TRIM(BOTH '"' FROM pg_catalog.pg_get_indexdef(tmp.ci_oid, tmp.pos, FALSE)) AS "field-name"
FROM (SELECT n.nspname AS "table-schema", ct.relname AS "table-name", ci.oid AS ci_oid, (information_schema._pg_expandarray(i.indkey)).n AS pos
      FROM pg_catalog.pg_class AS ct INNER JOIN pg_catalog.pg_namespace AS n ON ct.relnamespace = n.oid INNER JOIN pg_catalog.pg_index AS i ON ct.oid = i.indrelid
      INNER JOIN pg_catalog.pg_class AS ci ON ci.oid = i.indexrelid
      WHERE (pg_catalog.pg_get_expr(i.indpred, i.indrelid) IS NULL) AND n.nspname !~ '^information_schema|catalog_history|pg_' AND (ct.relname IN ('salinity_2h', 'areas'))) AS tmp
WHERE tmp.pos = 1 ORDER BY 2;

-- same: columns of a primary key, as many programs ask
SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS data_type FROM pg_index i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
WHERE i.indrelid = 'salinity_2h'::regclass AND i.indisprimary ORDER BY a.attnum;

-- same: the key of a table, as QGIS asks
WITH pkrelid AS (SELECT indexrelid AS idxri FROM pg_index WHERE indrelid = '"public"."areas"'::regclass AND (indisprimary OR indisunique)
  ORDER BY CASE WHEN indisprimary THEN 1 ELSE 2 END LIMIT 1)
SELECT attname FROM pg_index, pg_attribute, pkrelid WHERE indexrelid = pkrelid.idxri AND indrelid = attrelid AND pg_attribute.attnum = any(pg_index.indkey);

-- same: columns with geometry, as QGIS asks
SELECT upper(type), srid, coord_dimension FROM geometry_columns WHERE f_table_name = 'areas' AND f_geometry_column = 'geometry' AND f_table_schema = 'public';

-- same: layers, as QGIS lists them
SELECT l.f_table_name, l.f_table_schema, l.f_geometry_column, upper(l.type), l.srid, l.coord_dimension, c.relkind, obj_description(c.oid),
       array_agg(a.attname ORDER BY a.attnum), count(CASE WHEN t.typname IN ('geometry', 'geography') THEN 1 ELSE NULL END), 1
FROM geometry_columns l, pg_class c, pg_namespace n, pg_attribute a, pg_type t
WHERE c.relname = l.f_table_name AND l.f_table_schema = n.nspname AND NOT a.attisdropped AND a.attrelid = c.oid AND a.atttypid = t.oid AND a.attnum > 0
  AND n.oid = c.relnamespace AND has_schema_privilege(n.nspname, 'usage') AND has_table_privilege(c.oid, 'select') AND n.nspname = 'public' AND c.relname = 'areas'
GROUP BY 1, 2, 3, 4, 5, 6, 7, c.oid, 11
UNION SELECT l.f_table_name, l.f_table_schema, l.f_geography_column, upper(l.type), l.srid, 2, c.relkind, obj_description(c.oid),
       array_agg(a.attname ORDER BY a.attnum), count(CASE WHEN t.typname IN ('geometry', 'geography') THEN 1 ELSE NULL END), 2
FROM geography_columns l, pg_class c, pg_namespace n, pg_attribute a, pg_type t
WHERE c.relname = l.f_table_name AND l.f_table_schema = n.nspname AND NOT a.attisdropped AND a.attrelid = c.oid AND a.atttypid = t.oid AND a.attnum > 0
  AND n.oid = c.relnamespace AND has_schema_privilege(n.nspname, 'usage') AND has_table_privilege(c.oid, 'select') AND n.nspname = 'public' AND c.relname = 'areas'
GROUP BY 1, 2, 3, 4, 5, 6, 7, c.oid, 11 ORDER BY 2, 1, 3;

-- same: tables without geometry, as QGIS lists them
SELECT pg_class.relname, pg_namespace.nspname, pg_class.relkind, obj_description(pg_class.oid), array_agg(a.attname ORDER BY a.attnum)
FROM pg_class, pg_namespace, pg_attribute a
WHERE pg_namespace.oid = pg_class.relnamespace AND has_schema_privilege(pg_namespace.nspname, 'usage') AND has_table_privilege(pg_class.oid, 'select')
  AND pg_class.relkind IN ('v', 'r', 'm', 'p', 'f') AND pg_class.oid = a.attrelid AND NOT a.attisdropped AND a.attnum > 0 AND pg_class.relname = 'salinity_2h'
GROUP BY 1, 2, 3, 4;

-- same: whether there are others that inherit
SELECT count(*) FROM pg_inherits WHERE inhparent = '"public"."areas"'::regclass;

-- same: columns of information_schema
SELECT table_schema, table_name, column_name, ordinal_position, is_nullable, data_type, numeric_precision, numeric_precision_radix, numeric_scale,
       datetime_precision, udt_schema, udt_name, is_identity, is_generated
FROM information_schema.columns WHERE table_name IN ('salinity_2h', 'areas') ORDER BY table_name, ordinal_position;

-- same: tables of information_schema
SELECT table_schema, table_name, table_type FROM information_schema.tables
WHERE table_schema NOT IN ('information_schema', 'pg_catalog') AND table_type = 'BASE TABLE' AND table_name IN ('salinity_2h', 'areas') ORDER BY 1, 2;

-- same: keys of information_schema
SELECT tc.constraint_name, tc.constraint_type, kcu.table_name, kcu.column_name, kcu.ordinal_position
FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kcu USING (constraint_schema, constraint_name)
WHERE tc.constraint_type = 'PRIMARY KEY' AND tc.table_name IN ('salinity_2h', 'areas') ORDER BY 1, 5;

-- same: columns with times and numbers, as Grafana asks
SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns
WHERE table_name = 'salinity_2h' AND data_type IN ('timestamp without time zone', 'timestamp with time zone', 'bigint', 'integer', 'double precision', 'real')
ORDER BY ordinal_position;

-- same: the schemas
SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname;

-- same: types by their names
SELECT oid, typname, typlen, typtype, typcategory, typelem FROM pg_type WHERE typname IN ('text', 'int8', 'float8', 'timestamptz', 'bool', 'date', '_text', 'int2vector') ORDER BY oid;

-- runs: databases
SELECT db.oid, db.* FROM pg_catalog.pg_database db WHERE datallowconn AND NOT datistemplate OR db.datname = current_database() ORDER BY db.datname;

-- runs: schemas with their owners
SELECT n.oid, n.*, d.description FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.objsubid = 0 AND d.classoid = 'pg_namespace'::regclass ORDER BY nspname;

-- runs: access methods, encodings, languages and table spaces
SELECT am.oid, am.* FROM pg_catalog.pg_am am ORDER BY am.oid;

-- runs: roles
SELECT a.oid, a.* FROM pg_catalog.pg_roles a ORDER BY a.rolname;

-- runs: members of roles
SELECT * FROM pg_catalog.pg_auth_members;

-- runs: settings
SELECT * FROM pg_catalog.pg_settings WHERE name = 'standard_conforming_strings';

-- runs: extensions
SELECT e.oid, a.rolname AS oname, cfg.tbls, n.nspname AS schema_name, e.* FROM pg_catalog.pg_extension e JOIN pg_authid a ON a.oid = e.extowner
JOIN pg_namespace n ON n.oid = e.extnamespace
LEFT JOIN (SELECT ARRAY_AGG(ns.nspname || '.' || cls.relname) AS tbls, oid_ext FROM (SELECT unnest(e1.extconfig) AS oid, e1.oid AS oid_ext FROM pg_catalog.pg_extension e1) c
  JOIN pg_class cls ON cls.oid = c.oid JOIN pg_namespace ns ON ns.oid = cls.relnamespace GROUP BY oid_ext) cfg ON cfg.oid_ext = e.oid ORDER BY e.oid;

-- runs: all types, as DBeaver reads them
SELECT t.oid, t.*, c.relkind, format_type(nullif(t.typbasetype, 0), t.typtypmod) AS base_type_name, d.description
FROM pg_catalog.pg_type t LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid = t.typelem LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid = d.objoid
WHERE t.typname IS NOT NULL AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C');

-- runs: tables, as DBeaver reads them
SELECT c.oid, c.*, d.description, pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS partition_expr, pg_catalog.pg_get_partkeydef(c.oid) AS partition_key
FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
WHERE c.relnamespace = 2200 AND c.relkind NOT IN ('i', 'I', 'c');

-- runs: columns, as DBeaver reads them
SELECT c.relname, a.*, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) AS def_value, dsc.description, dep.objid
FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid = c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid = ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep ON dep.refobjid = a.attrelid AND dep.deptype = 'i' AND dep.refobjsubid = a.attnum AND dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND c.relkind NOT IN ('i', 'I', 'c') AND c.oid = 'salinity_2h'::regclass::oid ORDER BY a.attnum;

-- runs: constraints, as DBeaver reads them
SELECT c.oid, c.*, t.relname AS tabrelname, rt.relnamespace AS refnamespace, d.description, null AS consrc_copy,
       CASE WHEN c.contype NOT IN ('p', 'u') THEN pg_get_constraintdef(c.oid) ELSE null END AS definition
FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid = c.conrelid LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid = c.confrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_constraint'::regclass
WHERE t.relnamespace = 2200 ORDER BY c.oid;

-- runs: indexes, as DBeaver reads them
SELECT i.*, i.indkey AS keys, c.relname, c.relnamespace, c.relam, c.reltablespace, tc.relname AS tabrelname, dsc.description,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS pred_expr, pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) AS expr,
       pg_catalog.pg_relation_size(i.indexrelid) AS index_rel_size, pg_catalog.pg_stat_get_numscans(i.indexrelid) AS index_num_scans
FROM pg_catalog.pg_index i INNER JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid INNER JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid
LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid = dsc.objoid WHERE c.relnamespace = 2200 ORDER BY tabrelname, c.relname;

-- runs: procedures, as DBeaver reads them
SELECT p.oid AS poid, p.*, pg_catalog.pg_get_expr(p.proargdefaults, 0) AS arg_defaults, d.description FROM pg_catalog.pg_proc p
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = p.oid WHERE p.pronamespace = 2200 ORDER BY p.proname;

-- runs: sequences, triggers, rules and policies
SELECT tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL SELECT rulename FROM pg_rewrite UNION ALL SELECT policyname FROM pg_policies;

-- runs: statistics of tables, as DBeaver reads them
SELECT c.oid, pg_catalog.pg_total_relation_size(c.oid) AS total_rel_size, pg_catalog.pg_relation_size(c.oid) AS rel_size, c.reltuples::bigint AS rows
FROM pg_class c WHERE c.relnamespace = 2200 AND c.relkind = 'r';

-- runs: what the session is
SELECT current_schema(), session_user, current_user, current_database(), current_setting('search_path'), version(), pg_backend_pid(), inet_server_addr(), now();

-- runs: words of the language, as the driver of Java asks
SELECT string_agg(word, ',') FROM pg_catalog.pg_get_keywords() WHERE word <> ALL ('{a,abs,absolute}'::text[]);

-- runs: privileges of tables, as Metabase reads them
WITH table_privileges AS (
  SELECT NULL AS role, t.schemaname AS schema, t.objectname AS table, pg_catalog.has_any_column_privilege(current_user, '"' || t.schemaname || '"."' || t.objectname || '"', 'update') AS update,
         pg_catalog.has_any_column_privilege(current_user, '"' || t.schemaname || '"."' || t.objectname || '"', 'select') AS select
  FROM (SELECT schemaname, tablename AS objectname FROM pg_catalog.pg_tables UNION SELECT schemaname, viewname AS objectname FROM pg_views UNION SELECT schemaname, matviewname AS objectname FROM pg_catalog.pg_matviews) t
  WHERE t.schemaname !~ '^pg_' AND t.schemaname <> 'information_schema' AND pg_catalog.has_schema_privilege(current_user, t.schemaname, 'usage'))
SELECT t.* FROM table_privileges t ORDER BY 3;

-- runs: enumerations
SELECT nspname, typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid IN (SELECT DISTINCT enumtypid FROM pg_enum e);

-- runs: views, as Superset asks
SELECT table_name FROM information_schema.views WHERE table_schema = 'public';

-- runs: databases, as Superset asks
SELECT datname FROM pg_database WHERE datistemplate = false;

-- runs: privileges of a table, as QGIS asks
SELECT has_table_privilege('"public"."areas"', 'DELETE'), has_any_column_privilege('"public"."areas"', 'UPDATE'), has_column_privilege('"public"."areas"', 'geometry', 'UPDATE'),
       has_table_privilege('"public"."areas"', 'INSERT'), current_schema();

-- runs: columns with their keys, as QGIS asks
SELECT attrelid, attnum, pg_catalog.format_type(atttypid, atttypmod), pg_catalog.col_description(attrelid, attnum), pg_catalog.pg_get_expr(adbin, adrelid), atttypid,
       attnotnull::int, indisunique::int, attidentity, attgenerated
FROM pg_attribute LEFT OUTER JOIN pg_attrdef ON attrelid = adrelid AND attnum = adnum
LEFT OUTER JOIN (SELECT DISTINCT indrelid, indkey, indisunique FROM pg_index WHERE indisunique) uniq ON attrelid = indrelid AND attnum::text = indkey::text
WHERE attrelid IN (regclass('"public"."areas"')::oid);

-- runs: coordinate systems, as QGIS asks
SELECT auth_name, auth_srid, srtext, proj4text FROM spatial_ref_sys WHERE srid = 4326;

-- runs: what PostGIS is there
SELECT postgis_version(), postgis_lib_version(), postgis_geos_version(), postgis_proj_version(), postgis_full_version();

-- runs: rows of geometry, as QGIS reads them
SELECT st_asbinary("geometry", 'NDR'), "feature"::text FROM "public"."areas" WHERE "geometry" && st_makeenvelope(104, 8, 107, 11, 4326) AND st_intersects(st_curvetoline("geometry"), st_makeenvelope(104, 8, 107, 11, 4326));

-- same: what is asked of geometry
SELECT feature, geometrytype(geometry), st_srid(geometry), st_zmflag(geometry), st_asbinary(geometry), geometry, st_npoints(geometry),
       round(CAST(st_xmin(geometry) AS numeric), 3) AS west, geometry && st_makeenvelope(105.55, 9, 105.9, 9.05, 4326) AS near
FROM areas ORDER BY feature;

-- same: what is measured of geographies, in metres
SELECT feature, round(CAST(st_area(geometry::geography) / 1000 AS numeric), 1) AS area,
       round(CAST(st_perimeter(geometry::geography) AS numeric), 2) AS round,
       round(CAST(st_distance('SRID=4326;POINT(105 10)'::geography, 'SRID=4326;POINT(106 10.5)'::geography) AS numeric), 3) AS far,
       round(CAST(st_length('LINESTRING(105 10, 105.5 10.5, 106 10)'::geography) AS numeric), 3) AS long,
       st_dwithin('POINT(105 10)'::geography, 'POINT(105.01 10)'::geography, 1200) AS near,
       round(CAST(st_distancesphere('POINT(105 10)'::geometry, 'POINT(106 10.5)'::geometry) AS numeric), 1) AS sphere
FROM areas ORDER BY feature;

-- same: geometries in GeoJSON, and many as one
SELECT st_asgeojson(geometry, 5), st_asgeojson('POINT(105.123456789 10)'::geometry) AS point,
       st_astext(st_geomfromgeojson('{"type":"Point","coordinates":[105.5,9.75]}')) AS back
FROM areas ORDER BY 1;

-- same: how large many are together
SELECT round(CAST(st_area(st_union(geometry)) AS numeric), 6) AS area, st_npoints(st_collect(geometry)) AS points FROM areas;

-- same: the extent of a table
SELECT st_extent("geometry") FROM "public"."areas";

-- same: no extent where there is no row
SELECT st_extent("geometry") FROM "public"."areas" WHERE false;

-- same: geometries that are written out
SELECT st_geomfromtext('POINT(105 10)', 4326) AS a, 'SRID=4326;POINT(105 10)'::geometry AS b, st_setsrid(st_makepoint(105, 10), 4326) AS c,
       st_makeenvelope(105, 9, 106, 10, 4326) AS d, st_astext('0101000020E61000000000000000405A400000000000002440'::geometry) AS e;

-- same: the kinds of geometry in a table, as QGIS asks
SELECT array_agg(DISTINCT g ORDER BY g) FROM (SELECT upper(geometrytype(geometry)) || ':' || st_srid(geometry) || ':' || st_zmflag(geometry) AS g FROM areas WHERE geometry IS NOT NULL LIMIT 100) AS t;

-- same: names of tables and of schemas for their numbers
SELECT c.oid::regclass::text AS b, c.relnamespace::regnamespace::text AS c, 'areas'::regclass::oid::regclass::text AS d
FROM pg_class c WHERE c.relname = 'salinity_2h';

-- same: columns of a key in their order, as ActiveRecord asks
SELECT a.attname FROM (SELECT indrelid, indkey, generate_subscripts(indkey, 1) idx FROM pg_index WHERE indrelid = '"salinity_2h"'::regclass AND indisprimary) i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.idx] ORDER BY i.idx;

-- runs: types, as the driver of .NET asks, with which Power BI comes
SELECT ns.nspname, t.oid, t.typname, t.typtype, t.typnotnull, t.elemtypoid
FROM (SELECT typ.oid, typ.typnamespace, typ.typname, typ.typtype, typ.typrelid, typ.typnotnull, typ.relkind, elemtyp.oid AS elemtypoid, elemtyp.typname AS elemtypname, elemcls.relkind AS elemrelkind,
             CASE WHEN elemproc.proname = 'array_recv' THEN 'a' ELSE elemtyp.typtype END AS elemtyptype
      FROM (SELECT typ.oid, typnamespace, typname, typrelid, typnotnull, relkind, typelem AS elemoid, CASE WHEN proc.proname = 'array_recv' THEN 'a' ELSE typ.typtype END AS typtype,
                   CASE WHEN proc.proname = 'array_recv' THEN typ.typelem WHEN typ.typtype = 'r' THEN rngsubtype WHEN typ.typtype = 'd' THEN typ.typbasetype END AS elemtypoid
            FROM pg_type AS typ LEFT JOIN pg_class AS cls ON (cls.oid = typ.typrelid) LEFT JOIN pg_proc AS proc ON proc.oid = typ.typreceive LEFT JOIN pg_range ON (pg_range.rngtypid = typ.oid)) AS typ
      LEFT JOIN pg_type AS elemtyp ON elemtyp.oid = elemtypoid LEFT JOIN pg_class AS elemcls ON (elemcls.oid = elemtyp.typrelid) LEFT JOIN pg_proc AS elemproc ON elemproc.oid = elemtyp.typreceive) AS t
JOIN pg_namespace AS ns ON (ns.oid = typnamespace)
WHERE typtype IN ('b', 'r', 'm', 'e', 'd') OR (typtype = 'c' AND relkind = 'c') ORDER BY t.oid;

-- runs: what psql completes a name by
SELECT pg_catalog.quote_ident(c.relname) FROM pg_catalog.pg_class c
WHERE c.relkind IN ('r', 'S', 'v', 'm', 'f', 'p') AND substring(pg_catalog.quote_ident(c.relname), 1, 3) = 'sal' AND pg_catalog.pg_table_is_visible(c.oid)
  AND c.relnamespace <> (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')
UNION SELECT pg_catalog.quote_ident(n.nspname) || '.' FROM pg_catalog.pg_namespace n WHERE substring(pg_catalog.quote_ident(n.nspname) || '.', 1, 3) = 'sal'
  AND (SELECT pg_catalog.count(*) FROM pg_catalog.pg_namespace WHERE substring(pg_catalog.quote_ident(nspname) || '.', 1, 3) = substring('sal', 1, pg_catalog.length(pg_catalog.quote_ident(nspname)) + 1)) > 1 LIMIT 1000;

-- same: whether a column has an index of its own, as GeoAlchemy asks
SELECT EXISTS (SELECT 1 FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_index ix ON t.oid = ix.indrelid
JOIN pg_class i ON i.oid = ix.indexrelid JOIN pg_am am ON i.relam = am.oid
WHERE t.relname = 'areas' AND n.nspname = 'public' AND am.amname = 'gist'
  AND (EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY(ix.indkey) AND a.attname = 'geometry')
       OR pg_get_indexdef(ix.indexrelid) ~ '(^|[^a-zA-Z0-9_])("?geometry"?)($|[^a-zA-Z0-9_])'));

-- same: constraints with their columns, as Django asks
SELECT c.conname, array(SELECT attname FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx) JOIN pg_attribute AS ca ON cols.colid = ca.attnum
                        WHERE ca.attrelid = c.conrelid ORDER BY cols.arridx) AS columns, c.contype, cl.reloptions
FROM pg_constraint AS c JOIN pg_class AS cl ON c.conrelid = cl.oid WHERE cl.relname = 'salinity_2h' AND pg_catalog.pg_table_is_visible(cl.oid);

-- same: indexes with their columns, as Django asks
SELECT indexname, array_agg(attname ORDER BY arridx) AS columns, indisunique, indisprimary, array_agg(ordering ORDER BY arridx) AS orders, amname, exprdef, s2.attoptions
FROM (SELECT c2.relname AS indexname, idx.*, attr.attname, am.amname, CASE WHEN idx.indexprs IS NOT NULL THEN pg_get_indexdef(idx.indexrelid) END AS exprdef,
             CASE am.amname WHEN 'btree' THEN CASE (option & 1) WHEN 1 THEN 'DESC' ELSE 'ASC' END END AS ordering, c2.reloptions AS attoptions
      FROM (SELECT * FROM pg_index i, unnest(i.indkey, i.indoption) WITH ORDINALITY koi(key, option, arridx)) idx
      LEFT JOIN pg_class c ON idx.indrelid = c.oid LEFT JOIN pg_class c2 ON idx.indexrelid = c2.oid LEFT JOIN pg_am am ON c2.relam = am.oid
      LEFT JOIN pg_attribute attr ON attr.attrelid = c.oid AND attr.attnum = idx.key
      WHERE c.relname = 'salinity_2h' AND pg_catalog.pg_table_is_visible(c.oid)) s2
GROUP BY indexname, indisunique, indisprimary, amname, exprdef, attoptions;
