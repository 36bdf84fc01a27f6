import DirectoryClient
import Foundation
import TestSupport
import Testing

/// Lines that are there already.
private struct Lines: AsyncSequence, Sendable {
    let lines: [String]

    func makeAsyncIterator() -> Iterator { Iterator(lines: lines[...]) }

    struct Iterator: AsyncIteratorProtocol {
        var lines: ArraySlice<String>
        mutating func next() async -> [UInt8]? { lines.popFirst().map { Array($0.utf8) } }
    }
}

@Suite struct OperationClientTests {
    @Test func `an answer that stops half-way is given up`() async throws {
        let server = try ScriptedServer([.hold("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")])
        var configuration = DirectoryClient.Configuration(server: try ServerAddress(server.address))
        configuration.timeout = .milliseconds(200)
        let client = DirectoryClient(configuration)
        await #expect {
            try await client.records()
        } throws: {
            guard case DirectoryClientError.timedOut = $0 else { return false }
            return true
        }
    }

    @Test func `a record's whole life`() async throws {
        try await TestGateway.run { gateway in
            let client = try DirectoryClient(gateway.address)
            let json = Data(record("a", skill: "x y,é").utf8)
            let pushed = try await client.push(json)
            #expect(pushed.isNew)
            let again = try await client.push(json)
            #expect(again.cid == pushed.cid && !again.isNew)
            let info = try await client.info(pushed.cid)
            #expect(info.labels == ["/skills/x y,é"])
            let content = try await client.pull(pushed.cid)
            #expect(content.count == info.size)
            #expect(try await client.publish(.cids([pushed.cid])) == [pushed.cid])
            #expect(try await client.publish(.all) == [pushed.cid])
            #expect(try await client.publish(.labels(["x y"])) == [pushed.cid])
            var query = RecordQuery()
            (query.names, query.labels, query.isPublished) = (["A"], ["y,é"], true)
            // A comma parts items, so this asks for two: one of them fits.
            #expect(try await client.records(query).records.map(\.cid) == [pushed.cid])
            let signature = try await client.sign(pushed.cid)
            #expect(try await client.signatures(of: pushed.cid) == [signature])
            #expect(signature.publicKey == (try await client.signingKey()))
            #expect(try await client.verify(pushed.cid).proves == "integrity")
            let byKey = try await client.verify(pushed.cid, publicKey: signature.publicKey)
            #expect(byKey.verified && byKey.signers.map(\.signer) == [signature.signer])
            let attached = try await client.attach(
                signature.signature, publicKey: signature.publicKey, to: pushed.cid)
            #expect(attached == signature)
            let sync = try await client.sync(from: "http://\(gateway.address)")
            try await until { try await client.sync(sync).hasEnded }
            #expect(try await client.sync(sync).status == "COMPLETED")
            #expect(try await client.syncs().syncs.map(\.id) == [sync])
            #expect(try await client.unpublish([pushed.cid]) == [pushed.cid])
            #expect(try await client.subscribers().isEmpty)
            try await client.delete(pushed.cid)
            for body in [
                { _ = try await client.pull(pushed.cid) },
                { _ = try await client.info(pushed.cid) },
                { _ = try await client.sign(pushed.cid) },
            ] as [() async throws -> Void] {
                await #expect { try await body() } throws: {
                    guard case DirectoryClientError.refused(let problem) = $0 else { return false }
                    return problem.status == 404 && problem.description.contains(pushed.cid)
                }
            }
        }
    }

    @Test func `every fault of a record comes back`() async throws {
        try await TestGateway.run { gateway in
            let client = try DirectoryClient(gateway.address)
            await #expect { try await client.push(Data(#"{"name":1}"#.utf8)) } throws: {
                guard case DirectoryClientError.refused(let problem) = $0 else { return false }
                return problem.status == 422 && problem.faults.count == 7
            }
        }
    }

    @Test func `many records go and their results come, in order`() async throws {
        try await TestGateway.run { gateway in
            let client = try DirectoryClient(gateway.address)
            var lines = (0..<3000).map { record("r\($0)") }
            lines[7] = "{"
            lines[9] = ""
            var numbers: [Int] = []
            var failures: [Int] = []
            for try await (line, result) in client.push(lines: Lines(lines: lines)) {
                numbers.append(line)
                if case .failure(let problem) = result {
                    failures.append(line)
                    #expect(problem.status == 400)
                }
            }
            #expect(numbers == (1...3000).filter { $0 != 10 })
            #expect(failures == [8])
        }
    }

    @Test(
        "what is no gateway is told from one that is away",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "not a Directory Gateway"),
            ("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nhi", "not a Directory Gateway"),
            ("SSH-2.0-OpenSSH_9.2\r\n", "not a Directory Gateway"), ("", "cannot be reached"),
        ])
    func others(_ answer: String, _ reason: String) async throws {
        let server = try ScriptedServer([.close(answer)])
        let client = try DirectoryClient(server.address)
        await #expect { try await client.records() } throws: { "\($0)".contains(reason) }
    }

    @Test(
        "what is no address is refused",
        arguments: ["", "ftp://x", "http://", "http://a b", "http://x/?y"])
    func addresses(_ text: String) {
        #expect(throws: DirectoryClientError.self) { try DirectoryClient(text) }
    }

    /// An answer of a gateway that is not well.
    private static func answer(
        _ body: String, status: Int = 200, type: String = "application/json"
    ) -> ScriptedServer.Answer {
        .close(
            "HTTP/1.1 \(status) X\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        )
    }

    @Test(
        "a count that cannot be is no answer",
        arguments: ["-1", "9223372036854775807", "9223372036854775808", "1e300", "0.5", "\"1\""])
    func counts(_ number: String) async throws {
        let sync =
            #"{"sync_id":"s","status":"PENDING","remote_directory_url":"","created_at":"","updated_at":"","found":1,"copied":1,"present":\#(number),"failed":0}"#
        let record =
            #"{"records":[{"cid":"b","name":"n","version":"v","schema_version":"","created_at":"","pushed_at":"","size":\#(number),"published":true,"labels":[]}]}"#
        let subscribers =
            #"{"subscribers":[{"id":1,"address":"","since":"","format":"","filter":{},"delivered":\#(number),"dropped":0,"queued":0}]}"#
        let server = try ScriptedServer([
            Self.answer(sync), Self.answer(record), Self.answer(subscribers),
            // What sends is not to be cut off before it has read.
            .hold(
                "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"cid\":\"b\",\"status\":201,\"line\":\(number)}\n"
            ),
        ])
        let client = try DirectoryClient(server.address)
        for body in [
            { _ = try await client.sync("s") }, { _ = try await client.records() },
            { _ = try await client.subscribers() },
            { for try await _ in client.push(lines: Lines(lines: ["{}"])) {} },
        ] as [() async throws -> Void] {
            await #expect { try await body() } throws: {
                guard case DirectoryClientError.notAGateway = $0 else { return false }
                return true
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a member name that no gateway has costs nothing`() async throws {
        let marks =
            String(repeating: "\u{301}", count: 100_000)
            + String(repeating: "\u{327}", count: 100_000)
        let body = "{\"records\":[],\"\(marks)\" : 1}"
        let problem = #"{"title":"t","status":400,"type":"\#(marks)","\#(marks)":1}"#
        let server = try ScriptedServer([
            Self.answer(body), Self.answer(problem, status: 400, type: "application/problem+json"),
            Self.answer(#"{"records":[],"next":"\#(marks)"}"#),
        ])
        let client = try DirectoryClient(server.address)
        await #expect(throws: DirectoryClientError.self) { try await client.records() }
        await #expect(throws: DirectoryClientError.self) { try await client.records() }
        // A value may be what it likes.
        #expect(try await client.records().next?.utf8.count == 400_000)
    }

    @Test func `a refusal is what HTTP says it is, whatever its words say`() async throws {
        let words = #"{"type":"urn:directory-gateway:problem:full","title":"t","status":200}"#
        let server = try ScriptedServer([
            Self.answer(words, status: 503, type: "Application/Problem+JSON; charset=utf-8"),
            Self.answer(words, status: 404, type: "application/problem+json"),
            Self.answer(
                #"{"type":"about:blank","title":"t","status":404}"#, status: 404,
                type: "application/problem+json"),
        ])
        let client = try DirectoryClient(server.address)
        for status in [503, 404, nil] {
            await #expect { try await client.records() } throws: {
                switch $0 {
                case DirectoryClientError.refused(let problem): problem.status == status
                case DirectoryClientError.notAGateway: status == nil
                default: false
                }
            }
        }
    }

    @Test func `labels come as they were, however their list is spelled`() async throws {
        let server = try ScriptedServer([
            .close(
                "HTTP/1.1 200 X\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 9\r\nDirectory-Labels: /skills/a%2Cb ,\t/x%C3%A9%+Fy%4,%e2%82%ac\r\nDirectory-Labels: /y\r\nDirectory-Labels-Truncated: 99999999999999999999\r\n\r\n"
            )
        ])
        let info = try await DirectoryClient(server.address).info("b")
        #expect(info.labels == ["/skills/a,b", "/xé%+Fy%4", "€", "/y"])
        #expect(info.hasMoreLabels)
        #expect(info.size == 9)
    }

    @Test func `a fault of the lines comes after the results of those that were sent`()
        async throws
    {
        try await TestGateway.run { gateway in
            let client = try DirectoryClient(gateway.address)
            let lines = AsyncThrowingStream<[UInt8], any Error> { continuation in
                for name in ["a", "b"] { continuation.yield(Array(record(name).utf8)) }
                continuation.finish(throwing: CocoaError(.fileReadUnknown))
            }
            var count = 0
            await #expect(throws: CocoaError.self) {
                for try await _ in client.push(lines: lines) { count += 1 }
            }
            #expect(count == 2)
        }
    }
}
