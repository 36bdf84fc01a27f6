import Foundation
import Gateway
import Logging
import TestSupport
import Testing

@Suite struct LogTests {
    private func logger(
        _ format: GatewayLogHandler.Format, _ writer: LogWriter, level: Logger.Level = .info
    ) -> Logger {
        let threshold = LogThreshold(level)
        return Logger(label: "test") { label in
            GatewayLogHandler(
                label: label, format: format, threshold: threshold, writer: writer,
                now: { 1_760_797_395_123_456 })
        }
    }

    /// What a logger writes, one string a line.
    private func lines(
        _ format: GatewayLogHandler.Format, level: Logger.Level = .info, _ body: (Logger) -> Void
    ) -> [String] {
        let pipe = ChildPipe()
        let writer = LogWriter(descriptor: pipe.writingDescriptor)
        body(logger(format, writer, level: level))
        writer.flush(upTo: 30_000)
        pipe.closeWriter()
        let text = String(decoding: pipe.readToEnd(), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    @Test func `a line of text has time, level, label, message and facts in order`() {
        let lines = lines(.text) { $0.warning("hello", metadata: ["b": "two words", "a": "1"]) }
        #expect(lines == ["2025-10-18T14:23:15.123456Z warning test: hello a=1 b=\"two words\""])
    }

    @Test func `a line of JSON is an object`() throws {
        let line = try #require(lines(.json) { $0.error("x\"y", metadata: ["k": "é\n"]) }.first)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
        #expect(
            object == [
                "time": "2025-10-18T14:23:15.123456Z", "level": "error", "logger": "test",
                "message": "x\"y", "k": "é\n",
            ])
    }

    @Test func `what a client sends begins no line and no fact of its own`() {
        let hostile = "x\n2025 error: forged\r\u{2028}\u{1B}[2J \" status=200 y=\"\u{301} \\"
        for format in [GatewayLogHandler.Format.text, .json] {
            let lines = lines(format) { $0.info("m", metadata: ["path": "\(hostile)"]) }
            #expect(lines.count == 1)
            #expect(lines.first?.unicodeScalars.contains { $0.value < 0x20 } == false)
        }
        let line = lines(.text) { $0.info("m", metadata: ["path": "a\" b=\"\u{301}c\\"]) }
        #expect(line.first?.hasSuffix("path=\"a\\\" b=\\\"\u{301}c\\\\\"") == true)
    }

    @Test func `what is below the threshold is not written, and the threshold can move`() {
        let threshold = LogThreshold(.error)
        #expect(lines(.text, level: .error) { $0.warning("quiet") }.isEmpty)
        threshold.current = .debug
        #expect(threshold.current == .debug)
    }

    @Test func `a log that is not read delays no request`() {
        let pipe = ChildPipe()
        let writer = LogWriter(descriptor: pipe.writingDescriptor)
        let logger = logger(.text, writer)
        let long = String(repeating: "x", count: 1000)
        for _ in 0..<3000 { logger.info("m", metadata: ["long": "\(long)"]) }
        writer.flush()
        // The writer stands still at the full pipe; read it empty, or its thread would stay.
        let handle = pipe
        var text = ""
        while !text.contains("log lines were lost") {
            text = String(
                (text + String(decoding: handle.availableData(), as: UTF8.self)).suffix(5000))
        }
        #expect(text.contains("log lines were lost: the log was not read"))
    }

    @Test func `a log that cannot be written keeps no thread busy`() {
        signal(SIGPIPE, SIG_IGN)
        let pipe = ChildPipe()
        pipe.closeReader()
        let writer = LogWriter(descriptor: pipe.writingDescriptor)
        let logger = logger(.text, writer)
        let began = ContinuousClock.now
        for _ in 0..<3 {
            logger.info("a line")
            // Waits for as long as something is written.
            writer.flush(upTo: 20_000)
        }
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test func `a secret in the log of a test's gateway is found`() {
        let watch = SecretWatch(["auth.tokens": "name=a token=0123456789abcdefghij scopes=admin"])
        watch.add(fields: ["Cookie": "directory_session=jihgfedcba9876543210; Path=/"])
        watch.logger.debug("a", metadata: ["b": "xjihgfedcba9876543210y"])
        watch.logger.trace("with 0123456789abcdefghij in it")
        watch.logger.error("nothing", metadata: ["c": "admin"])
        #expect(watch.lines == 3)
        let found = [#"a ["b": x<secret>y] "#, "with <secret> in it [:] "]
        #expect(watch.found == found)
    }

    @Test func `a request is logged with its path and without its query`() async throws {
        let pipe = ChildPipe()
        let writer = LogWriter(descriptor: pipe.writingDescriptor)
        let logger = logger(.json, writer)
        try await TestGateway.run(logger: logger) { gateway in
            _ = try await gateway.request("GET", "/records?token=secret")
            let reader = try await EventReader(gateway.address, "/events?labels=a")
            try reader.client.reset()
        }
        writer.flush(upTo: 30_000)
        pipe.closeWriter()
        let text = String(decoding: pipe.readToEnd(), as: UTF8.self)
        #expect(!text.contains("secret"))
        let lines = text.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        let request = try #require(lines.first { $0["path"] as? String == "/records" })
        #expect(request["method"] as? String == "GET" && request["status"] as? Int == 400)
        #expect(request["address"] as? String == "127.0.0.1")
        #expect(request["duration_ms"] is Double && request["bytes"] is Int)
        let stream = try #require(lines.first { $0["path"] as? String == "/events" })
        #expect(stream["filter"] as? String == #"{"labels":["a"]}"#)
    }
}
