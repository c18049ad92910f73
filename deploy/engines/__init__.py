"""The real Apache Kafka and OpenSearch as JVM processes, fetched with Maven (DESIGN section 4, "engines")."""
