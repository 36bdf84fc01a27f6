import Authentication
import Foundation
import Gateway
import Logging
import TestSupport
import Testing

/// A gateway that can be stopped and started again on the same port, with the same store.
private actor BackGateway {
    private var settings: [String: String]
    private var server: GatewayServer?
    private(set) var address = ""
    private let directory = NSTemporaryDirectory() + "back-\(UUID().uuidString)"

    init(_ settings: [String: String] = [:]) { self.settings = settings }

    func start() async throws {
        var flags = [
            "listen_address": address.isEmpty ? "127.0.0.1:0" : address, "data_dir": directory,
            "loops": "1", "allowed_hosts": "test", "dashboard.directory": repository + "/public",
        ]
        flags.merge(settings) { $1 }
        let reader = try SettingsReader(file: nil, flags: flags, environment: [:])
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await GatewayServer.start(try Settings(reader), logger: silent)
        self.server = server
        address = server.address
    }

    func stop() async {
        await server?.shutdown()
        server = nil
    }

    func remove() async {
        await stop()
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// A gateway in front of another one.
@Suite struct UpstreamTests {
    /// Runs a gateway in front of another one.
    private func withFront(
        _ settings: [String: String] = [:], back: [String: String] = [:],
        _ body: (_ front: TestGateway, _ back: TestGateway) async throws -> Void
    ) async throws {
        try await TestGateway.run(back) { back in
            let upstream = ["upstream.address": back.address]
            try await TestGateway.run(upstream.merging(settings) { $1 }) { front in
                try await body(front, back)
            }
        }
    }

    /// Asks until the answer has a status; fails after ten seconds.
    private func wait(_ gateway: TestGateway, _ target: String, for status: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let answer = try await gateway.request("GET", target)
            if answer.status == status { return }
            try #require(ContinuousClock.now < deadline, "\(answer.status) \(answer.text)")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test func `events of the back arrive with its ids and times`() async throws {
        try await withFront { front, back in
            let (here, there) = (try await front.listen(), try await back.listen())
            let cid = try await back.push("a", skill: "AI")
            _ = try await back.post("/publish", #"{"cids":["\#(cid)"]}"#)
            _ = try await back.request("DELETE", "/records/\(cid)")
            for _ in 0..<3 {
                let (ours, theirs) = (try await here.event(), try await there.event())
                #expect(ours["id"] == theirs["id"] && ours["id"] != nil)
                #expect(ours["event"] == theirs["event"])
                #expect(ours["data"] == theirs["data"])
            }
        }
    }

    @Test func `filters of the front hold`() async throws {
        try await withFront { front, back in
            let stream = try await front.listen("/events?labels=/skills/AI&types=RECORD_PUSHED")
            try await back.push("a", skill: "B")
            let cid = try await back.push("b", skill: "AI/ML")
            #expect(try await stream.event().story == "RECORD_PUSHED \(cid)")
        }
    }

    @Test func `operations through the front are made at the back, and heard once`() async throws {
        try await withFront { front, back in
            let stream = try await front.listen()
            let pushed = try await front.post("/push", record("a"))
            #expect(pushed.status == 201)
            let cid = try #require(pushed.json["cid"] as? String)
            #expect(try await front.post("/push", record("a")).status == 200)
            let here = try await front.request("GET", "/records/\(cid)")
            #expect(here.status == 200 && here.fields["etag"] == "\"\(cid)\"")
            #expect(here.body == (try await back.request("GET", "/records/\(cid)?peek=1")).body)
            let published = try await front.post("/publish", #"{"cids":["\#(cid)"]}"#)
            #expect(published.json["published"] as? [String] == [cid])
            let list = try await front.request("GET", "/records?published=true").json
            #expect((list["records"] as? [[String: Any]])?.first?["cid"] as? String == cid)
            let signed = try await front.post("/sign", #"{"cid":"\#(cid)"}"#)
            #expect(signed.status == 201, "\(signed.text)")
            let verified = try await front.post("/verify", #"{"cid":"\#(cid)"}"#)
            #expect(verified.json["verified"] as? Bool == true, "\(verified.text)")
            let signatures = try await front.request("GET", "/records/\(cid)/signatures").json
            #expect((signatures["signatures"] as? [Any])?.count == 1)
            let unpublished = try await front.post("/unpublish", #"{"cids":["\#(cid)"]}"#)
            #expect(unpublished.json["unpublished"] as? [String] == [cid])
            #expect(try await front.request("DELETE", "/records/\(cid)").status == 204)
            #expect(try await back.request("HEAD", "/records/\(cid)").status == 404)
            #expect(try await front.request("HEAD", "/records/\(cid)").status == 404)
            var stories: [String] = []
            while stories.last != "RECORD_DELETED \(cid)" {
                stories.append(try await stream.event().story)
            }
            let key = stories.first { $0.hasPrefix("PUBLIC_KEY_UPLOADED") } ?? ""
            #expect(
                stories == [
                    "RECORD_PUSHED \(cid)", "RECORD_PUSHED \(cid)", "RECORD_PULLED \(cid)",
                    "RECORD_PUBLISHED \(cid)", key, "RECORD_SIGNED \(cid)",
                    "RECORD_UNPUBLISHED \(cid)", "RECORD_DELETED \(cid)",
                ])
        }
    }

    @Test func `many records are pushed in one request, each with its result`() async throws {
        try await withFront { front, back in
            let lines = [record("a"), "{}", record("b"), "no json", record("a")]
            let answer = try await front.request(
                "POST", "/push", fields: ["Content-Type": "application/x-ndjson"],
                body: lines.joined(separator: "\n"))
            let results = try answer.text.split(separator: "\n").map { line in
                let json = try JSONSerialization.jsonObject(with: Data(line.utf8))
                return (json as? [String: Any])?["status"] as? Int
            }
            #expect(results == [201, 422, 201, 400, 200] || results == [201, 422, 201, 400, 201])
            let page = try await back.request("GET", "/records").json
            #expect((page["records"] as? [Any])?.count == 2)
        }
    }

    @Test func `errors of the back are the problems that they are there`() async throws {
        try await withFront { front, _ in
            let invalid = try await front.post("/push", #"{"name":"a","schema_version":"1.0.0"}"#)
            #expect(invalid.status == 422)
            let errors = invalid.json["errors"] as? [[String: String]] ?? []
            #expect(errors.contains { $0["pointer"] == "/skills" }, "\(invalid.text)")
            #expect(try await front.post("/push", "no json").status == 400)
            for (method, target) in [
                ("GET", "/records/\(absentCID)"), ("HEAD", "/records/\(absentCID)"),
                ("GET", "/records/\(absentCID)/signatures"), ("GET", "/syncs/x"),
            ] { #expect(try await front.request(method, target).status == 404) }
            let missing = try await front.post("/publish", #"{"cids":["\#(absentCID)"]}"#)
            #expect(missing.status == 404)
            #expect(missing.json["cids"] as? [String] == [absentCID])
            #expect(try await front.post("/sign", #"{"cid":"\#(absentCID)"}"#).status == 404)
            #expect(try await front.request("GET", "/records/x").status == 400)
            #expect(try await front.request("DELETE", "/records/\(absentCID)").status == 204)
            let unpublished = try await front.request("GET", "/records?published=false")
            #expect(unpublished.status == 501)
            #expect(
                (unpublished.json["type"] as? String)?.hasSuffix("upstream-unsupported") == true)
        }
    }

    @Test func `a sync through the front runs at the back, and its events come once`() async throws
    {
        try await TestGateway.run { remote in
            let cid = try await remote.push("a")
            _ = try await remote.post("/publish", #"{"cids":["\#(cid)"]}"#)
            try await withFront { front, back in
                let stream = try await front.listen()
                let body = #"{"remote_directory_url":"http://\#(remote.address)"}"#
                let answer = try await front.post("/sync", body)
                #expect(answer.status == 202, "\(answer.text)")
                let id = try #require(answer.json["sync_id"] as? String)
                var stories: [String] = []
                for _ in 0..<3 { stories.append(try await stream.event().story) }
                #expect(
                    stories == [
                        "SYNC_CREATED \(id)", "RECORD_PUSHED \(cid)", "SYNC_COMPLETED \(id)",
                    ])
                let status = try await front.request("GET", "/syncs/\(id)").json
                #expect(status["status"] as? String == "COMPLETED")
                let list =
                    try await front.request("GET", "/syncs").json["syncs"] as? [[String: Any]]
                #expect(list?.first?["sync_id"] as? String == id)
                #expect(try await front.request("DELETE", "/syncs/\(id)").status == 409)
                // What would come twice would have come by now, or before this.
                let last = try await back.push("last")
                #expect(try await stream.event().story == "RECORD_PUSHED \(last)")
            }
        }
    }

    @Test func `a back that is lost and comes back is told of, and the streams go on`() async throws
    {
        let back = BackGateway()
        try await back.start()
        let settings = ["upstream.address": await back.address]
        try await TestGateway.run(settings) { front in
            let stream = try await front.listen()
            let lines = try await EventReader(
                front.address, fields: ["Accept": "application/x-ndjson"])
            let cid = try await front.push("a")
            #expect(try await stream.event().story == "RECORD_PUSHED \(cid)")
            #expect(try await front.request("GET", "/readyz").status == 200)
            await back.stop()
            try await wait(front, "/readyz", for: 503)
            let ready = try await front.request("GET", "/readyz")
            #expect(ready.text.contains("the upstream"))
            let refused = try await front.post("/push", record("b"))
            #expect(refused.status == 503)
            #expect((refused.json["type"] as? String)?.hasSuffix("upstream-unavailable") == true)
            #expect(refused.fields["retry-after"] != nil)
            try await back.start()
            let reset = try await stream.event()
            #expect(reset["event"] == "reset" && reset["id"] == nil)
            #expect(reset.json["cause"] as? String == "upstream-lost")
            try await wait(front, "/readyz", for: 200)
            let after = try await front.push("c")
            #expect(try await stream.event().story == "RECORD_PUSHED \(after)")
            let metrics = try await front.request("GET", "/metrics").text
            #expect(metrics.contains("directory_gateway_upstream_connected 1"))
            #expect(metrics.contains("directory_gateway_upstream_connections_total 2"))
            _ = lines
        }
        await back.remove()
    }

    @Test func `a gateway starts also while its upstream cannot be reached`() async throws {
        let back = BackGateway()
        try await back.start()
        let settings = ["upstream.address": await back.address]
        await back.stop()
        try await TestGateway.run(settings) { front in
            #expect(try await front.request("GET", "/healthz").status == 200)
            #expect(try await front.request("GET", "/readyz").status == 503)
            let stream = try await front.listen()
            try await back.start()
            #expect(try await stream.event()["event"] == "reset")
            let cid = try await front.push("a")
            #expect(try await stream.event().story == "RECORD_PUSHED \(cid)")
        }
        await back.remove()
    }

    @Test func `the event log of the front keeps the ids of the back`() async throws {
        try await withFront(["events.history.max_events": "100"]) { front, back in
            let stream = try await front.listen()
            var cids: [String] = []
            for name in ["a", "b", "c"] { cids.append(try await back.push(name)) }
            let id = try #require(try await stream.event()["id"])
            for _ in 0..<2 { _ = try await stream.event() }
            let again = try await front.listen("/events?last_event_id=\(id)")
            #expect(try await again.event().story == "RECORD_PUSHED \(cids[1])")
            #expect(try await again.event().story == "RECORD_PUSHED \(cids[2])")
        }
    }

    @Test func `a client that comes back from before a loss learns of it`() async throws {
        let back = BackGateway()
        try await back.start()
        let settings = [
            "upstream.address": await back.address, "events.history.max_events": "100",
        ]
        try await TestGateway.run(settings) { front in
            let stream = try await front.listen()
            try await front.push("a")
            let before = try #require(try await stream.event()["id"])
            await back.stop()
            try await back.start()
            #expect(try await stream.event()["event"] == "reset")
            try await front.push("b")
            let after = try #require(try await stream.event()["id"])
            let cid = try await front.push("c")
            _ = try await stream.event()
            let old = try await front.listen("/events?last_event_id=\(before)")
            let reset = try await old.event()
            #expect(reset.json["cause"] as? String == "upstream-lost")
            #expect(reset.json["oldest_id"] as? String == before)
            let new = try await front.listen("/events?last_event_id=\(after)")
            #expect(try await new.event().story == "RECORD_PUSHED \(cid)")
        }
        await back.remove()
    }

    @Test func `in front of a gateway nothing of a record is missing`() async throws {
        try await withFront { front, back in
            // Through a third one, too: what is asked for is passed on.
            try await TestGateway.run(["upstream.address": front.address]) { top in
                let cid = try await back.push("a", skill: "AI")
                _ = try await back.post("/publish", #"{"cids":["\#(cid)"]}"#)
                _ = try await back.post("/sign", #"{"cid":"\#(cid)"}"#)
                let pulls = try await back.listen("/events?types=RECORD_PULLED")
                for gateway in [back, front, top] {
                    let head = try await gateway.request("HEAD", "/records/\(cid)")
                    #expect(head.fields["directory-published"] == "true")
                    #expect(head.fields["directory-signatures"] == "1")
                    #expect(head.fields["directory-labels"] == "/skills/AI")
                    let size = Int(head.fields["content-length"] ?? "")
                    let labels = try await gateway.request("GET", "/records/\(cid)/labels").json
                    #expect(labels["labels"] as? [String] == ["/skills/AI"])
                    let page = try await gateway.request("GET", "/records?label=/skills/A").json
                    let item = (page["records"] as? [[String: Any]])?.first
                    #expect(item?["size"] as? Int == size && size ?? 0 > 0)
                    #expect(item?["published"] as? Bool == true)
                    #expect(item?["name"] as? String == "a")
                    let peek = try await gateway.request("GET", "/records/\(cid)?peek=1")
                    #expect(peek.body.count == size)
                }
                _ = try await top.request("GET", "/records/\(cid)")
                let other = try await back.push("b")
                _ = try await back.request("GET", "/records/\(other)")
                #expect(
                    try await pulls.event().story == "RECORD_PULLED \(cid)", "no look before it")
                #expect(try await pulls.event().story == "RECORD_PULLED \(other)")
            }
        }
    }

    @Test func `a tree of gateways passes events and notices down`() async throws {
        let back = BackGateway()
        try await back.start()
        try await TestGateway.run(["upstream.address": await back.address]) { middle in
            try await TestGateway.run(["upstream.address": middle.address]) { front in
                let stream = try await front.listen()
                let cid = try await front.push("a")
                #expect(try await stream.event().story == "RECORD_PUSHED \(cid)")
                await back.stop()
                try await back.start()
                #expect(try await stream.event().json["cause"] as? String == "upstream-lost")
                try await wait(middle, "/readyz", for: 200)
                let next = try await front.push("b")
                #expect(try await stream.event().story == "RECORD_PUSHED \(next)")
            }
        }
        await back.remove()
    }

    @Test func `the back is reached over TLS with a token`() async throws {
        let files = try SelfSigned()
        let token = OpaqueToken()
        let hash = token.hash.bytes.map { String(UInt16($0) + 256, radix: 16).suffix(2) }.joined()
        let back = [
            "tls.certificate": files.certificate, "tls.key": files.key, "auth.mode": "token",
            "auth.tokens":
                "name=front sha256=\(hash) scopes=events:read|records:read|records:write",
        ]
        try await TestGateway.run(back) { back in
            let port = back.address.split(separator: ":")[1]
            var settings = [
                "upstream.address": "localhost:\(port)", "upstream.tls.enabled": "true",
                "upstream.tls.ca": files.certificate, "upstream.token": token.text,
            ]
            try await TestGateway.run(settings) { front in
                let stream = try await front.listen()
                let cid = try await front.push("a")
                #expect(try await stream.event().story == "RECORD_PUSHED \(cid)")
            }
            settings["upstream.token"] = OpaqueToken().text
            try await TestGateway.run(settings) { front in
                #expect(try await front.request("GET", "/readyz").text.contains("unauthenticated"))
                let refused = try await front.post("/push", record("b"))
                #expect(refused.status == 502, "\(refused.text)")
            }
            settings["upstream.tls.ca"] = ""
            try await TestGateway.run(settings) { front in
                let ready = try await front.request("GET", "/readyz")
                #expect(ready.status == 503 && ready.text.contains("TLS"), "\(ready.text)")
            }
        }
    }
}
