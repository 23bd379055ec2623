import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** Connects by pgjdbc with nothing but the environment of a task, and prints as whom and where. */
class Client {
    private static final String QUERY =
        "SELECT json_build_object('database', current_database(), 'user', session_user, 'ssl', ssl) FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

    public static void main(String[] arguments) throws SQLException {
        try (var connection = connect(arguments[0]); var rows = connection.createStatement().executeQuery(QUERY)) {
            rows.next();
            System.out.println(rows.getString(1));
        }
    }

    private static Connection connect(String driver) throws SQLException {
        return driver.equals("pgjdbc") ? DriverManager.getConnection(System.getenv("JDBC_DATABASE_URL")) : connectByUrl(URI.create(System.getenv("URL_WITH_CA_FILE")));
    }

    /** As the PostgreSQL plugin of SuperTokens does, which takes no URL of JDBC. */
    private static Connection connectByUrl(URI url) throws SQLException {
        var user = url.getUserInfo().split(":");
        var address = "jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath() + "?" + url.getQuery() + "&allowPublicKeyRetrieval=true";
        return DriverManager.getConnection(address, user[0], user[1]);
    }
}
