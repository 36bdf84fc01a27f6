internal import Directory
internal import HTTPTypes

extension Routes {
    static let publish = [
        Route(
            .post, "/publish",
            "announces records: {\"cids\":[…]}, {\"all\":true} or {\"labels\":[…]}",
            accepts: ["application/json"], answers: [(200, "the cids that were announced")]
        ) { loop, request in
            let body = try await request.object(["cids", "all", "labels"])
            let selection = try Operations.Selection(body)
            let cids = try await loop.context.operations.publish(selection)
            return .json(.object([("published", .strings(cids))]))
        },
        Route(
            .post, "/unpublish", "withdraws records: {\"cids\":[…]}",
            accepts: ["application/json"], answers: [(200, "the cids that were withdrawn")]
        ) { loop, request in
            let body = try await request.object(["cids"])
            guard let cids = try body.strings("cids") else {
                throw Problem.malformed("The member cids is missing.")
            }
            return .json(
                .object([
                    ("unpublished", .strings(try await loop.context.operations.unpublish(cids)))
                ]))
        },
    ]
}

extension Operations.Selection {
    fileprivate init(_ body: JSONValue) throws(Problem) {
        let isAll: Bool
        switch body["all"] {
        case nil: isAll = false
        case .bool(let value): isAll = value
        case .some(let value):
            throw Problem.malformed("The member all must be true or false, not \(value.kind).")
        }
        switch (try body.strings("cids"), try body.strings("labels"), isAll) {
        case (.some(let cids), nil, false): self = .cids(cids)
        case (nil, .some(let labels), false): self = .labels(labels)
        case (nil, nil, true): self = .all
        default:
            throw Problem.malformed(
                "Exactly one of cids, labels and all (which must be true) has to be given.")
        }
    }
}

extension JSONValue {
    /// A member that is an array of strings, and not empty; nil when it is not there.
    fileprivate func strings(_ key: String) throws(Problem) -> [String]? {
        guard let value = self[key] else { return nil }
        guard let elements = value.array else {
            throw Problem.malformed("The member \(key) must be an array, not \(value.kind).")
        }
        let strings = elements.compactMap(\.string).filter { !$0.isEmpty }
        guard strings.count == elements.count, !strings.isEmpty else {
            throw Problem.malformed(
                "The member \(key) must hold strings that are not empty, at least one.")
        }
        return strings
    }
}
