import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * Runs one OpenSearch node until it is told to stop: OpenSearchNode FOLDER HTTP_PORT TRANSPORT_PORT.
 *
 * <p>OpenSearchRunner's own main method exits without a word when the node does not start, and chooses its ports.
 */
public final class OpenSearchNode {
    private OpenSearchNode() {}

    public static void main(String[] arguments) throws Exception {
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            settings.put("http.port", arguments[1]);
            settings.put("transport.port", arguments[2]);
            settings.put("network.host", "127.0.0.1");
            settings.put("discovery.type", "single-node");
            // A versioned delete would make a missing index (RELIABILITY 1.1), and a wrong name would be obeyed.
            settings.put("action.auto_create_index", "false");
            // A laptop's disk may be 90 % full; a node that then refuses to write helps nobody there.
            settings.put("cluster.routing.allocation.disk.threshold_enabled", "false");
        });
        try {
            runner.build(OpenSearchRunner.newConfigs()
                    .basePath(arguments[0])
                    .clusterName("kith")
                    .numOfNode(1)
                    .useLogger());
        } catch (Throwable failure) {
            failure.printStackTrace();
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                System.err.println("OpenSearch did not start: " + cause);
            }
            System.exit(1);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (Exception failure) {
                failure.printStackTrace();
            }
        }));
        Thread.currentThread().join();
    }
}
