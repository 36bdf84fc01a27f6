import Events
import Foundation
import Testing

@Suite struct DescriptionTests {
    @Test func `the OpenAPI document lists the routes that answer, with their parameters`()
        async throws
    {
        try await TestGateway.run { gateway in
            let document = try await gateway.request("GET", "/openapi.json").json
            let paths = try #require(document["paths"] as? [String: [String: Any]])
            #expect(
                Set(paths["/records/{cid}"]?.keys.map { $0 } ?? []) == ["get", "head", "delete"])
            for (pattern, operations) in paths {
                let path = pattern.replacingOccurrences(of: "{cid}", with: "x")
                let allow = try await gateway.request("OPTIONS", path).fields["allow"] ?? ""
                for method in operations.keys {
                    #expect(allow.contains(method.uppercased()), "\(method) \(pattern)")
                }
            }
            let events = paths["/events"]?["get"] as? [String: Any]
            let names = (events?["parameters"] as? [[String: Any]])?.compactMap {
                $0["name"] as? String
            }
            #expect(names == ["types", "labels", "cids", "last_event_id", "since"])
        }
    }

    @Test func `the AsyncAPI document names the ten types`() async throws {
        try await TestGateway.run { gateway in
            let document = try await gateway.request("GET", "/asyncapi.json").json
            let messages = (document["components"] as? [String: Any])?["messages"] as? [String: Any]
            #expect(
                Set(messages?.keys.map { $0 } ?? []) == Set(EventType.allCases.map(\.shortName)))
        }
    }
}
