import Events
import Foundation
import TestSupport
import Testing

/// An operation of the OpenAPI document, and what the tests compare with the gateway.
private struct Operation: CustomStringConvertible {
    let method: String
    let path: String
    let members: [String: Any]
    let document: [String: Any]

    var description: String { "\(method) \(path)" }
    var parameters: [[String: Any]] { members["parameters"] as? [[String: Any]] ?? [] }
    var responses: [String: [String: Any]] {
        members["responses"] as? [String: [String: Any]] ?? [:]
    }

    func names(in place: String) -> [String] {
        parameters.filter { $0["in"] as? String == place }.compactMap { $0["name"] as? String }
    }

    /// The path with an example for each name in braces.
    var target: String {
        parameters.filter { $0["in"] as? String == "path" }.reduce(path) { path, parameter in
            path.replacingOccurrences(
                of: "{\(parameter["name"] ?? "")}", with: "\(parameter["example"] ?? "")")
        }
    }

    /// The media types of the body, with schema and example.
    var body: [String: [String: Any]] {
        (members["requestBody"] as? [String: Any])?["content"] as? [String: [String: Any]] ?? [:]
    }

    /// The members of the JSON object that the body is; nil when it is another body.
    var bodyMembers: Set<String>? {
        guard let schema = body["application/json"]?["schema"] as? [String: Any] else { return nil }
        let properties = resolved(schema)["properties"] as? [String: Any]
        return properties.map { Set($0.keys) }
    }

    private func resolved(_ value: [String: Any]) -> [String: Any] {
        guard let reference = value["$ref"] as? String else { return value }
        let names = reference.dropFirst(2).split(separator: "/").map(String.init)
        let found = names.reduce(document as Any?) { ($0 as? [String: Any])?[$1] }
        return found as? [String: Any] ?? [:]
    }
}

extension TestGateway {
    /// The token of a gateway that asks for one; it has every scope.
    static let token = "a-token-of-the-tests-for-the-documents"
    static let tokenMode = [
        "auth.mode": "token",
        "auth.tokens":
            "name=docs token=\(token) scopes=events:read|records:read|records:write|webhooks|admin",
    ]

    fileprivate func operations() async throws -> [Operation] {
        let document = try await request("GET", "/openapi.json").json
        let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
        return paths.flatMap { path, methods in
            methods.map {
                Operation(
                    method: $0.key.uppercased(), path: path, members: $0.value, document: document)
            }
        }
    }

    fileprivate func remedy(_ operation: Operation, query: String = "", body: String? = nil)
        async throws -> String
    {
        var fields = ["Authorization": "Bearer \(Self.token)"]
        if body != nil { fields["Content-Type"] = "application/json" }
        let answer = try await request(
            operation.method, operation.target + query, fields: fields, body: body)
        #expect(answer.status == 400, "\(operation): \(answer.text)")
        return answer.json["remedy"] as? String ?? ""
    }
}

@Suite struct DescriptionTests {
    @Test(arguments: [[:], TestGateway.tokenMode])
    func `each route is described, with an example of each parameter and body`(
        _ settings: [String: String]
    ) async throws {
        try await TestGateway.run(settings) { gateway in
            let operations = try await gateway.operations()
            #expect(operations.count > 20)
            for operation in operations {
                // The description of a route brings its id and its chapter.
                #expect(operation.members["operationId"] != nil, "\(operation) is not described")
                for parameter in operation.parameters {
                    let name = parameter["name"] ?? ""
                    #expect(parameter["example"] != nil, "\(operation) \(name)")
                    #expect(parameter["description"] != nil, "\(operation) \(name)")
                }
                for (type, media) in operation.body {
                    #expect(
                        media["schema"] != nil && media["example"] != nil, "\(operation) \(type)")
                }
                for (status, response) in operation.responses where status.hasPrefix("2") {
                    let hasBody = operation.method != "HEAD" && status != "204"
                    let content = response["content"] as? [String: [String: Any]] ?? [:]
                    #expect(content.isEmpty != hasBody, "\(operation) \(status)")
                    for (type, media) in content {
                        #expect(
                            media["schema"] != nil && media["example"] != nil,
                            "\(operation) \(status) \(type)")
                    }
                }
            }
            let ids = operations.compactMap { $0.members["operationId"] as? String }
            #expect(Set(ids).count == ids.count)
        }
    }

    @Test func `methods, parameters and members are those that the routes take`() async throws {
        try await TestGateway.run(TestGateway.tokenMode) { gateway in
            for operation in try await gateway.operations() {
                let allow = try await gateway.request("OPTIONS", operation.target).fields["allow"]
                #expect(allow?.contains(operation.method) == true, "\(operation)")
                // The response to a HEAD has no remedy.
                guard operation.method != "HEAD" else { continue }
                let names = operation.names(in: "query")
                let remedy = try await gateway.remedy(operation, query: "?zz=1")
                #expect(
                    remedy
                        == (names.isEmpty
                            ? "This route has no parameters."
                            : "Allowed parameters: \(names.joined(separator: ", "))."),
                    "\(operation)")
                guard let members = operation.bodyMembers else { continue }
                let allowed = try await gateway.remedy(operation, body: "{\"zz\":1}")
                let list = allowed.replacingOccurrences(of: "Allowed members: ", with: "")
                    .dropLast()
                #expect(Set(list.components(separatedBy: ", ")) == members, "\(operation)")
            }
        }
    }

    @Test func `the scopes are those that the gateway asks for`() async throws {
        try await TestGateway.run(TestGateway.tokenMode) { gateway in
            for operation in try await gateway.operations() {
                let ways = operation.members["security"] as? [[String: [String]]] ?? []
                let hasBody = !operation.body.isEmpty
                let answer = try await gateway.request(
                    operation.method, operation.target,
                    fields: hasBody ? ["Content-Type": "application/json"] : [:],
                    body: hasBody ? "{}" : nil)
                let isOpen = operation.responses["401"] == nil
                #expect((answer.status == 401) == !isOpen, "\(operation)")
                #expect(ways.isEmpty == isOpen, "\(operation)")
            }
        }
    }

    @Test func `a HEAD of the stream is refused for what its GET is refused for`() async throws {
        try await TestGateway.run { gateway in
            for query in ["types=X", "since=", "last_event_id=x", "label=x"] {
                for method in ["HEAD", "GET"] {
                    let answer = try await gateway.request(method, "/events?\(query)")
                    #expect(answer.status == 400, "\(method) \(query)")
                }
            }
        }
    }

    @Test func `the AsyncAPI document has the ten types and the frames of the gateway`()
        async throws
    {
        try await TestGateway.run { gateway in
            let document = try await gateway.request("GET", "/asyncapi.json").json
            let messages = (document["components"] as? [String: Any])?["messages"] as? [String: Any]
            #expect(
                Set(messages?.keys.map { $0 } ?? [])
                    == Set(EventType.allCases.map(\.shortName)).union([
                        "dropped", "reset", "goodbye", "retry-later",
                    ]))
        }
    }

    @Test func `the page of the HTTP API is served without the ending of its file`() async throws {
        try await TestGateway.run { gateway in
            let page = try await gateway.request("GET", "/docs")
            #expect(page.status == 200 && page.text.contains("js/docs/docs.js"))
            #expect(page.fields["content-type"] == "text/html; charset=utf-8")
            #expect(try await gateway.request("GET", "/doc").status == 404)
        }
    }
}
