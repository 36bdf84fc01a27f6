internal import Authentication
internal import Directory
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    static func publish(_ operations: any DirectoryOperations) -> [Route] {
        [
            Route(
                .post, "/publish",
                "publishes records: {\"cids\":[…]}, {\"all\":true} or {\"labels\":[…]}",
                scope: .writeRecords,
                accepts: ["application/json"],
                members: [
                    .init("cids", .texts, "these records: all or none"),
                    .init("labels", .texts, "the records with a label that contains one of these"),
                    .init("all", .flag, "every stored record"),
                ], responses: [(200, "the published cids")]
            ) { request in
                let body = try await request.object(["cids", "all", "labels"])
                let selection = try Operations.Selection(body)
                let cids = try await request.keep({ (cids: [String]) in
                    Response(json: ["published": .strings(cids)])
                }) { try await operations.publish(selection) }
                return .response(
                    await RouteResponse.largeJSON { ["published": .strings(cids)] })
            },
            Route(
                .post, "/unpublish", "unpublishes records: {\"cids\":[…]}", scope: .writeRecords,
                accepts: ["application/json"],
                members: [.init("cids", .texts, "these records: all or none", isRequired: true)],
                responses: [(200, "the unpublished cids")]
            ) { request in
                let body = try await request.object(["cids"])
                guard let cids = try body.strings("cids") else {
                    throw Problem.invalid(
                        "The member cids is missing.", remedy: "Send cids as an array of strings.")
                }
                let response = { @Sendable (cids: [String]) in
                    Response(json: ["unpublished": .strings(cids)])
                }
                let unpublished = try await request.keep(response) {
                    try await operations.unpublish(cids)
                }
                return .response(response(unpublished))
            },
        ]
    }
}

extension Operations.Selection {
    fileprivate init(_ body: JSONValue) throws(Problem) {
        let isAll: Bool
        switch body["all"] {
        case nil: isAll = false
        case .bool(let value): isAll = value
        case .some(let value):
            throw Problem.invalid(
                "The member all must be true, not \(value.kind).", remedy: Self.remedy)
        }
        switch (try body.strings("cids"), try body.strings("labels"), isAll) {
        case (.some(let cids), nil, false): self = .cids(cids)
        case (nil, .some(let labels), false): self = .labels(labels)
        case (nil, nil, true): self = .all
        default:
            throw Problem.invalid("The body must have exactly one selection.", remedy: Self.remedy)
        }
    }

    private static let remedy = "Send one of {\"cids\":[…]}, {\"labels\":[…]} and {\"all\":true}."
}
