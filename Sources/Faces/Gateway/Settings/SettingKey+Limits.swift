/// The limits of what clients can use.
extension SettingKey {
    static let limits: [SettingKey] = [
        SettingKey(
            "limits.request_line_bytes", .bytes(256...1 << 20), "8KiB", "longest request line"),
        SettingKey(
            "limits.header_bytes", .bytes(1024...1 << 20), "16KiB", "longest header section"),
        SettingKey("limits.header_count", .count(8...10_000), "100", "most header fields"),
        SettingKey(
            "limits.body_bytes", .bytes(1024...64 << 20), "4MiB",
            "longest body; longest line of an NDJSON push"),
        SettingKey(
            "limits.header_deadline", .duration(.milliseconds(100) ... .seconds(3600)), "10s",
            "longest time until a request header is complete"),
        SettingKey(
            "limits.body_deadline", .duration(.milliseconds(100) ... .seconds(3600)), "30s",
            "longest time for each 64 KiB of a body"),
        SettingKey(
            "limits.keep_alive_idle", .duration(.milliseconds(100) ... .seconds(3600)), "60s",
            "longest time between two requests of a connection"),
        SettingKey("limits.connections", .count(1...10_000_000), "100000", "most connections"),
        SettingKey(
            "limits.connections_per_address", .count(1...10_000_000), "20000",
            "most connections of one address"),
        SettingKey(
            "limits.streams_per_connection", .count(1...10_000), "100",
            "most requests and event streams at a time on one connection of HTTP/2"),
        SettingKey("limits.subscribers", .count(1...10_000_000), "100000", "most event streams"),
        SettingKey(
            "limits.subscribers_per_address", .count(1...10_000_000), "20000",
            "most event streams of one address"),
        SettingKey(
            "limits.filter_items", .count(1...100_000), "1000",
            "most filter items (types, labels and cids) of one subscription"),
        SettingKey(
            "limits.filter_items_per_address", .count(1...100_000_000), "100000",
            "most filter items of all subscriptions of one address"),
        SettingKey(
            "limits.filter_items_in_all", .count(1...100_000_000), "1000000",
            "most filter items of all subscriptions"),
        SettingKey(
            "limits.memory", .bytes(16 << 20...1 << 40), "256MiB",
            "most memory of requests, responses and event queues together"),
        SettingKey(
            "limits.peer_timeout", .duration(.seconds(1) ... .seconds(86_400)), "60s",
            "time without an acknowledgement after which a peer counts as vanished"),
        SettingKey(
            "limits.operations_per_second", .count(0...1_000_000), "0",
            "most operations of one subject or address in a second; 0 means any number"),
        SettingKey(
            "limits.operations_burst", .count(1...1_000_000), "100",
            "most operations of one subject or address at once"),
        SettingKey(
            "limits.query_time", .duration(.milliseconds(10) ... .seconds(3600)), "2s",
            "longest time of a listing or a selection of records"),
    ]
}
