import Foundation
import TestSupport
import Testing

private let impatient = [
    "sync.attempts": "3", "sync.retry_delay": "1ms", "limits.body_bytes": "64KiB",
]

extension TestGateway {
    fileprivate var url: String { "http://\(address)" }

    /// Starts a sync.
    /// - Returns: its id.
    fileprivate func sync(_ url: String, cids: [String] = []) async throws -> String {
        let list = cids.isEmpty ? "" : #","cids":["\#(cids.joined(separator: #"",""#))"]"#
        let answer = try await post("/sync", #"{"remote_directory_url":"\#(url)"\#(list)}"#)
        try #require(answer.status == 202, "\(answer.text)")
        let id = try #require(answer.json["sync_id"] as? String)
        #expect(answer.fields["location"] == "/syncs/\(id)")
        return id
    }

    fileprivate func status(_ id: String) async throws -> [String: Any] {
        try await request("GET", "/syncs/\(id)").json
    }

    /// Starts a sync and waits for its end.
    /// - Returns: its status, and the metadata of its last event.
    fileprivate func syncToEnd(_ url: String, cids: [String] = []) async throws
        -> (status: [String: Any], metadata: [String: String])
    {
        let events = try await EventReader(address, "/events?types=SYNC_COMPLETED,SYNC_FAILED")
        let id = try await sync(url, cids: cids)
        let event = try await events.event()
        #expect(event.json["resource_id"] as? String == id)
        return (try await status(id), event.json["metadata"] as? [String: String] ?? [:])
    }

    /// Asks until the sync is as it should be; fails after ten seconds.
    fileprivate func wait(
        for id: String, _ condition: ([String: Any]) -> Bool
    ) async throws -> [String: Any] {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let status = try await status(id)
            if condition(status) { return status }
            try #require(ContinuousClock.now < deadline, "\(status)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    fileprivate func publish(_ cids: [String]) async throws {
        let list = cids.joined(separator: #"",""#)
        let answer = try await post("/publish", #"{"cids":["\#(list)"]}"#)
        try #require(answer.status == 200)
    }
}

@Suite(.eachWay) struct SyncTests {
    @Test func `published records come over with their signatures, once`() async throws {
        try await TestGateway.run { remote in
            var cids: [String] = []
            for name in ["a", "b", "c", "d"] { cids.append(try await remote.push(name)) }
            try await remote.publish(Array(cids.prefix(3)))
            _ = try await remote.post("/sign", #"{"cid":"\#(cids[1])"}"#)
            let pulls = try await remote.listen("/events?types=RECORD_PULLED")
            try await TestGateway.run { local in
                let events = try await local.listen()
                let id = try await local.sync(remote.url)
                let created = try await events.event()
                #expect(created.story == "SYNC_CREATED \(id)")
                #expect(created.json["metadata"] as? [String: String] == ["remote_url": remote.url])
                var stories: Set<String> = []
                var last = try await events.event()
                while last["event"] != "SYNC_COMPLETED" {
                    if last["event"] == "RECORD_PUSHED" {
                        #expect(last.json["metadata"] as? [String: String] == ["sync_id": id])
                        #expect(last.json["labels"] as? [String] == ["/skills/s"])
                    }
                    stories.insert(last.story)
                    last = try await events.event()
                }
                #expect(
                    last.json["metadata"] as? [String: String]
                        == ["record_count": "3", "remote_url": remote.url])
                #expect(stories.count == 5)
                #expect(
                    stories.isSuperset(
                        of: cids.prefix(3).map { "RECORD_PUSHED \($0)" }
                            + ["RECORD_SIGNED \(cids[1])"]))
                let status = try await local.status(id)
                #expect(status["status"] as? String == "COMPLETED")
                #expect(status["found"] as? Int == 3)
                #expect(status["copied"] as? Int == 3)
                #expect(status["signatures"] as? Int == 1)
                for cid in cids.prefix(3) {
                    let there = try await remote.request("GET", "/records/\(cid)").body
                    let here = try await local.request("GET", "/records/\(cid)").body
                    #expect(there == here)
                }
                let missing = try await local.request("HEAD", "/records/\(cids[3])")
                #expect(missing.status == 404)
                let verified = try await local.post("/verify", #"{"cid":"\#(cids[1])"}"#)
                #expect(verified.json["verified"] as? Bool == true)
                for _ in 0..<6 { _ = try await pulls.event() }

                // Once more: nothing is fetched again, nothing is told again.
                let again = try await local.syncToEnd(remote.url)
                #expect(again.status["present"] as? Int == 3)
                #expect(again.status["copied"] as? Int == 0)
                #expect(again.metadata["record_count"] == "0")
                // The next pull at the remote is this one.
                _ = try await remote.request("GET", "/records/\(cids[3])")
                #expect(try await pulls.event().story == "RECORD_PULLED \(cids[3])")
                let metrics = try await local.request("GET", "/metrics").text
                #expect(
                    metrics.contains(#"directory_gateway_syncs_total{outcome="completed"} 2"#))
            }
        }
    }

    @Test func `a signature that is made later comes with the next sync`() async throws {
        try await TestGateway.run { remote in
            let cid = try await remote.push("a")
            try await remote.publish([cid])
            try await TestGateway.run { local in
                _ = try await local.syncToEnd(remote.url)
                _ = try await remote.post("/sign", #"{"cid":"\#(cid)"}"#)
                let again = try await local.syncToEnd(remote.url)
                #expect(again.status["signatures"] as? Int == 1)
                #expect(again.status["present"] as? Int == 1)
                let verified = try await local.post("/verify", #"{"cid":"\#(cid)"}"#)
                #expect(verified.json["verified"] as? Bool == true)
            }
        }
    }

    @Test func `named records come over, published or not, and one that is not there is told`()
        async throws
    {
        try await TestGateway.run { remote in
            let (one, two) = (try await remote.push("a"), try await remote.push("b"))
            try await TestGateway.run { local in
                let good = try await local.syncToEnd(remote.url, cids: [one, one])
                #expect(good.status["status"] as? String == "COMPLETED")
                #expect(good.status["cids"] as? [String] == [one])
                #expect(good.metadata["record_count"] == "1")
                let missing = absentCID
                let bad = try await local.syncToEnd(remote.url, cids: [two, missing])
                #expect(bad.status["status"] as? String == "FAILED")
                #expect(bad.status["copied"] as? Int == 1)
                #expect(bad.status["failed"] as? Int == 1)
                #expect(bad.metadata["error"]?.contains(missing) == true)
                #expect(try await local.request("HEAD", "/records/\(two)").status == 200)
            }
        }
    }

    @Test(
        "a remote that misbehaves fails the sync with a reason, and the good records stay",
        arguments: [
            ("wrong-bytes", 2, "the content is another record"),
            ("no-record", 2, "not a valid record"),
            ("endless-record", 2, "more than 65536 bytes"),
            ("redirect-record", 2, "a redirect to http://169.254.169.254/, which is not followed"),
            ("gone-record", 2, "404"),
            ("bad-cid", 3, "../../healthz: is not a cid"),
            ("html", 0, "does not look like a Directory Gateway"),
            ("not-found", 0, "does not look like a Directory Gateway"),
            ("no-http", 0, "does not speak HTTP"),
            ("redirect", 0, "not followed"),
            ("endless", 0, "more than 8388608 bytes"),
            ("hang-up-all", 0, "(3 attempts)"),
            ("long-cursor", 0, "an invalid cursor"),
            ("odd-cursor", 0, "a cursor that is none"),
            ("many-values", 0, "does not look like a Directory Gateway"),
            ("long-name", 3, "is not a cid"),
            ("always-busy", 0, "503 (3 attempts)"),
            ("refused", 0, "401"),
            ("circle", 3, "repeats a page"),
        ])
    func hostile(_ fault: String, _ copied: Int, _ reason: String) async throws {
        let remote = try await HostileRemote(fault)
        try await TestGateway.run(impatient) { local in
            let end = try await local.syncToEnd(remote.url)
            #expect(end.status["status"] as? String == "FAILED")
            #expect(end.status["copied"] as? Int == copied)
            let error = end.status["error"] as? String ?? ""
            #expect(error.contains(reason), "\(error)")
            #expect(error.utf8.count < 2000)
            #expect(end.metadata["error"] == error)
            #expect(end.metadata["remote_url"] == remote.url)
            let records = try await local.request("GET", "/records").json["records"] as? [Any]
            #expect(records?.count == copied)
        }
    }

    @Test(
        "absurd numbers of a remote are no numbers",
        arguments: ["absurd-numbers", "negative-numbers"])
    func absurd(_ fault: String) async throws {
        let remote = try await HostileRemote(fault)
        try await TestGateway.run(impatient) { local in
            // Twice: what the first run has counted is added to.
            for _ in 0..<2 {
                let end = try await local.syncToEnd(remote.url)
                #expect(end.status["status"] as? String == "COMPLETED")
                let refused = try #require(end.status["signatures_refused"] as? Int)
                #expect((0...3000).contains(refused))
            }
        }
    }

    @Test(
        "a remote that does not answer in time is given up after some attempts",
        arguments: [
            ("slow", "did not answer in time (3 attempts)"),
            ("drip", "did not answer in time (3 attempts)"),
            ("hang-up", "(3 attempts)"),
        ])
    func unresponsive(_ fault: String, _ reason: String) async throws {
        let remote = try await HostileRemote(fault)
        let settings = impatient.merging(["sync.request_timeout": "300ms"]) { $1 }
        try await TestGateway.run(settings) { local in
            let end = try await local.syncToEnd(remote.url)
            #expect(end.status["status"] as? String == "FAILED")
            let error = end.status["error"] as? String ?? ""
            #expect(error.contains("1 record could not") && error.hasSuffix(reason), "\(error)")
            #expect(end.status["copied"] as? Int == 2)
        }
    }

    @Test(
        "a remote that is only busy, or turns pages, is synced from", arguments: ["busy", "pages"])
    func patient(_ fault: String) async throws {
        let remote = try await HostileRemote(fault)
        try await TestGateway.run(impatient) { local in
            let end = try await local.syncToEnd(remote.url)
            #expect(end.status["status"] as? String == "COMPLETED", "\(end.status)")
            #expect(end.status["copied"] as? Int == 3)
            #expect(end.status["found"] as? Int == 3)
        }
    }

    @Test(
        "signatures that are not good are left, and the record kept",
        arguments: ["bad-signature", "no-signatures"])
    func badSignatures(_ fault: String) async throws {
        let remote = try await HostileRemote(fault)
        try await TestGateway.run(impatient) { local in
            let end = try await local.syncToEnd(remote.url)
            #expect(end.status["status"] as? String == "COMPLETED")
            #expect(end.status["copied"] as? Int == 3)
            #expect(end.status["signatures"] as? Int == 0)
            #expect(end.status["signatures_refused"] as? Int == 3)
        }
    }

    @Test(
        "a remote that cannot be synced from is refused before anything is stored",
        arguments: [
            ("http://169.254.169.254/", 403, "169.254.169.254"),
            ("http://[fe80::1]/", 403, "fe80::1"),
            ("http://0x7f000001:1/", 400, "127.0.0.1:1"),
            ("http://127.0.0.1:1", 400, "connection refused"),
            ("http://no-such-host.invalid", 400, "no-such-host.invalid"),
            ("ftp://127.0.0.1", 400, "ftp://127.0.0.1"),
            ("127.0.0.1:8080", 400, "such as"),
            ("http://user:secret@127.0.0.1", 400, "password"),
        ])
    func refused(_ url: String, _ status: Int, _ detail: String) async throws {
        try await TestGateway.run { local in
            let events = try await local.listen()
            let answer = try await local.post("/sync", #"{"remote_directory_url":"\#(url)"}"#)
            #expect(answer.status == status)
            #expect((answer.json["detail"] as? String)?.contains(detail) == true, "\(answer.text)")
            let syncs = try await local.request("GET", "/syncs").json["syncs"] as? [Any]
            #expect(syncs?.isEmpty == true)
            // The first event is that of the push behind it.
            let cid = try await local.push("a")
            #expect(try await events.event().story == "RECORD_PUSHED \(cid)")
        }
    }

    @Test func `remotes that the settings do not name are refused`() async throws {
        try await TestGateway.run { remote in
            try await TestGateway.run(["sync.allowed_remotes": "*.example.org"]) { local in
                let answer = try await local.post(
                    "/sync", #"{"remote_directory_url":"\#(remote.url)"}"#)
                #expect(answer.status == 403)
                #expect(answer.text.contains("sync.allowed_remotes"))
            }
            try await TestGateway.run(["sync.allowed_remotes": "public,127.0.0.0/8"]) { local in
                let end = try await local.syncToEnd(remote.url)
                #expect(end.status["status"] as? String == "COMPLETED")
            }
        }
    }

    @Test func `a running sync is cancelled, and one that has ended is not`() async throws {
        let remote = try await HostileRemote("slow")
        try await TestGateway.run { local in
            let events = try await local.listen("/events?types=RECORD_PUSHED")
            let id = try await local.sync(remote.url)
            for _ in 0..<2 { _ = try await events.event() }
            let running = try await local.wait(for: id) { $0["copied"] as? Int == 2 }
            #expect(running["status"] as? String == "IN_PROGRESS")
            #expect(running["found"] as? Int == 3)
            for _ in 0..<2 {
                #expect(try await local.request("DELETE", "/syncs/\(id)").status == 204)
            }
            let status = try await local.status(id)
            #expect(status["status"] as? String == "DELETED")
            #expect(status["copied"] as? Int == 2)
            // Nothing more is heard of it: the next event is another sync's.
            let others = try await EventReader(
                local.address, "/events?types=SYNC_COMPLETED,SYNC_FAILED,RECORD_PUSHED")
            let listed = try await local.request("GET", "/syncs").json["syncs"] as? [[String: Any]]
            #expect(listed?.first?["status"] as? String == "DELETED")
            let ended = try await local.syncToEnd("http://\(local.address)")
            let other = try #require(ended.status["sync_id"] as? String)
            #expect(try await others.event().story == "SYNC_COMPLETED \(other)")
            let refusal = try await local.request("DELETE", "/syncs/\(other)")
            #expect(refusal.status == 409)
            #expect(refusal.text.contains("COMPLETED"))
            for method in ["GET", "DELETE"] {
                let unknown = try await local.request(method, "/syncs/none")
                #expect(unknown.status == 404)
                #expect(unknown.text.contains("no sync none"))
            }
        }
    }

    @Test func `syncs are listed newest first, page by page`() async throws {
        try await TestGateway.run { local in
            var ids: [String] = []
            for _ in 0..<3 { ids.append(try await local.sync("http://\(local.address)")) }
            let first = try await local.request("GET", "/syncs?limit=2").json
            let cursor = try #require(first["next"] as? String)
            let second = try await local.request("GET", "/syncs?limit=2&after=\(cursor)").json
            let listed =
                ((first["syncs"] as? [[String: Any]] ?? [])
                + (second["syncs"] as? [[String: Any]] ?? [])).compactMap {
                    $0["sync_id"] as? String
                }
            #expect(listed == ids.reversed())
            #expect(second["next"] == nil)
            #expect(try await local.request("GET", "/syncs?after=x").status == 400)
        }
    }

    @Test func `a sync goes on after a restart, without fetching again what it has`() async throws {
        let remote = try await HostileRemote("slow-once")
        let path = NSTemporaryDirectory() + "restart-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var id = ""
        try await TestGateway.run(["data_dir": path]) { local in
            id = try await local.sync(remote.url)
            _ = try await local.wait(for: id) { $0["copied"] as? Int == 2 }
        }
        try await TestGateway.run(["data_dir": path]) { local in
            let status = try await local.wait(for: id) { $0["status"] as? String == "COMPLETED" }
            #expect(status["copied"] as? Int == 3)
            #expect(status["present"] as? Int == 0)
        }
        let asked = try await remote.asked()
        #expect(asked["/records"] == 2)
        let records = asked.filter { $0.key.split(separator: "/").count == 2 }
        #expect(records.values.sorted() == [1, 1, 2])
    }

    @Test func `one subscriber hears all ten types in the order of the operations`() async throws {
        try await TestGateway.run { local in
            let events = try await local.listen()
            let cid = try await local.push("a")
            _ = try await local.request("GET", "/records/\(cid)")
            try await local.publish([cid])
            _ = try await local.post("/sign", #"{"cid":"\#(cid)"}"#)
            let good = try await local.sync("http://\(local.address)", cids: [cid])
            var heard: [String] = []
            for _ in 0..<7 { heard.append(try await events.event().story) }
            let bad = try await local.sync("http://\(local.address)", cids: [absentCID])
            for _ in 0..<2 { heard.append(try await events.event().story) }
            _ = try await local.post("/unpublish", #"{"cids":["\#(cid)"]}"#)
            _ = try await local.request("DELETE", "/records/\(cid)")
            for _ in 0..<2 { heard.append(try await events.event().story) }
            let key = heard[3].split(separator: " ").last ?? ""
            #expect(key.hasPrefix("SHA256:"))
            #expect(
                heard == [
                    "RECORD_PUSHED \(cid)", "RECORD_PULLED \(cid)", "RECORD_PUBLISHED \(cid)",
                    "PUBLIC_KEY_UPLOADED \(key)", "RECORD_SIGNED \(cid)", "SYNC_CREATED \(good)",
                    "SYNC_COMPLETED \(good)", "SYNC_CREATED \(bad)", "SYNC_FAILED \(bad)",
                    "RECORD_UNPUBLISHED \(cid)", "RECORD_DELETED \(cid)",
                ])
        }
    }
}
