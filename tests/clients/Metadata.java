import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;

/** The driver that DBeaver, Metabase and other programs in Java use asks what there is, and reads it. */
public class Metadata {
    static List<String> column(ResultSet rows, String name) throws SQLException {
        List<String> values = new ArrayList<>();
        try (rows) {
            while (rows.next()) {
                values.add(rows.getString(name));
            }
        }
        return values;
    }

    static void check(boolean holds, Object what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("user", arguments[1]);
        properties.setProperty("password", arguments[2]);
        properties.setProperty("sslmode", "require");
        String url = "jdbc:postgresql://127.0.0.1:" + arguments[0] + "/cuulong";
        try (Connection connection = DriverManager.getConnection(url, properties)) {
            DatabaseMetaData data = connection.getMetaData();
            check(data.getDatabaseMajorVersion() == 15, data.getDatabaseProductVersion());
            check(column(data.getSchemas(), "TABLE_SCHEM").contains("public"), "schemas");
            check(column(data.getSchemas(null, "pub%"), "TABLE_SCHEM").equals(List.of("public")), "a schema");
            check(column(data.getCatalogs(), "TABLE_CAT").contains("cuulong"), "catalogues");
            List<String> tables = column(data.getTables(null, "public", "%", new String[] {"TABLE"}), "TABLE_NAME");
            check(tables.contains("salinity_2h") && tables.contains("place"), tables);
            check(!tables.contains("hidden"), tables);
            check(column(data.getTables("cuulong", null, "salinity\\_2h", null), "TABLE_NAME").size() == 1, "one");
            check(column(data.getTables(null, "public", "%", new String[] {"VIEW"}), "TABLE_NAME").isEmpty(), "views");
            List<String> said = column(data.getTables(null, "public", "salinity_2h", null), "REMARKS");
            check(said.get(0) != null && said.get(0).contains("2020"), said);
            int seen = 0;
            try (ResultSet columns = data.getColumns(null, "public", "salinity\\_2h", "%")) {
                while (columns.next()) {
                    seen++;
                    check(columns.getInt("ORDINAL_POSITION") == seen, "the columns stand in their order");
                    int expected = switch (columns.getString("COLUMN_NAME")) {
                        case "result" -> Types.DOUBLE;
                        case "datastream" -> Types.BIGINT;
                        case "phenomenon_time" -> Types.TIMESTAMP;
                        case "place", "property", "unit" -> Types.VARCHAR;
                        default -> columns.getInt("DATA_TYPE");
                    };
                    check(columns.getInt("DATA_TYPE") == expected, columns.getString("COLUMN_NAME"));
                }
            }
            check(seen > 10, seen);
            // Keys and the indexes that stand for them; there are no others, no functions, and no types of one's
            // own but those of PostGIS. Asking for them is no mistake.
            check(column(data.getPrimaryKeys(null, "public", "place"), "COLUMN_NAME").equals(List.of("place")), "keys");
            check(column(data.getPrimaryKeys(null, "public", "salinity_2h"), "COLUMN_NAME")
                .equals(List.of("datastream", "phenomenon_time")), "keys of observations");
            check(column(data.getImportedKeys(null, "public", "place"), "FKCOLUMN_NAME").isEmpty(), "imported");
            check(column(data.getExportedKeys(null, "public", "place"), "FKCOLUMN_NAME").isEmpty(), "exported");
            check(column(data.getIndexInfo(null, "public", "place", false, true), "INDEX_NAME")
                .equals(List.of("place_pkey")), "indexes");
            check(column(data.getBestRowIdentifier(null, "public", "place", 2, true), "COLUMN_NAME")
                .equals(List.of("place")), "row");
            check(data.getSQLKeywords() != null, "words");
            check(column(data.getFunctions(null, "public", "%"), "FUNCTION_NAME").isEmpty(), "functions");
            check(column(data.getProcedures(null, "public", "%"), "PROCEDURE_NAME").isEmpty(), "procedures");
            check(column(data.getUDTs(null, "public", "%", null), "TYPE_NAME").isEmpty(), "types of one's own");
            check(column(data.getTableTypes(), "TABLE_TYPE").contains("TABLE"), "kinds of tables");
            check(column(data.getTypeInfo(), "TYPE_NAME").contains("float8"), "types");
            // Often enough to be prepared at the server and read in binary; a few rows at a time.
            connection.setAutoCommit(false);
            TreeSet<Long> counts = new TreeSet<>();
            for (int round = 0; round < 8; round++) {
                String query = "select datastream, phenomenon_time, result from salinity_2h where result >= ?";
                try (PreparedStatement statement = connection.prepareStatement(query)) {
                    statement.setFetchSize(200);
                    statement.setDouble(1, 0.5);
                    long count = 0;
                    try (ResultSet rows = statement.executeQuery()) {
                        while (rows.next()) {
                            check(rows.getDouble("result") >= 0.5, rows.getDouble("result"));
                            check(rows.getTimestamp("phenomenon_time") != null, "a time");
                            count++;
                        }
                    }
                    counts.add(count);
                }
            }
            check(counts.size() == 1 && counts.first() > 500, counts);
            connection.commit();
            try (ResultSet rows = connection.createStatement().executeQuery("select array['a', 'b'], null, 1.5")) {
                rows.next();
                check(((String[]) rows.getArray(1).getArray())[1].equals("b"), "a list");
            }
            connection.commit();
            try {
                connection.createStatement().executeUpdate("delete from place");
                throw new AssertionError("it was deleted");
            } catch (SQLException error) {
                check(error.getSQLState().equals("25006"), error.getSQLState());
            }
        }
        System.out.println("ok");
    }
}
