internal import Authentication
internal import HTTPTypes
internal import Text

extension Routes {
    private static let sorts = SubscriberOrder.allCases.map(\.rawValue)
    private static let listing = [
        (name: "sort", meaning: "\(sorts.joined(separator: ", ")); id if not given"),
        (name: "order", meaning: "asc or desc; asc if not given"),
        (name: "limit", meaning: "subscribers in a page, 1 to 1000; 100 if not given"),
        (name: "after", meaning: "next of the previous page"),
    ]

    static func subscribers(_ loops: LoopGroup) -> [Route] {
        [
            Route(
                .get, "/subscribers",
                "a page of the subscribers: client, filter, age, rate, delivered, dropped, queued",
                scope: .admin, parameters: listing,
                responses: [(200, "subscribers, total, and next if there are more")]
            ) { request in
                let page = await loops.subscribers(try SubscriberListing(request.query))
                return .response(
                    await RouteResponse.largeJSON {
                        var members: [(String, JSON)] = [
                            ("subscribers", .array(page.subscribers.map(\.json))),
                            ("total", .number(page.total)),
                        ]
                        if let next = page.next {
                            members.append(("next", .string("\(next.value).\(next.id)")))
                        }
                        return .object(members)
                    })
            },
            Route(
                .delete, "/subscribers/{id}",
                "ends the stream of a subscriber, which may subscribe again", scope: .admin,
                responses: [(204, "the stream ends with a goodbye")]
            ) { request in
                let text = request.parameters["id"] ?? ""
                guard let id = Int(text), id > 0 else {
                    throw Problem.invalid(
                        "'\(text.clipped(to: 64))' is not the number of a subscriber.",
                        remedy: "Use an id of GET /subscribers.")
                }
                guard await loops.disconnect(id) else { throw Problem.noSubscriber(id) }
                return .empty(.noContent)
            },
        ]
    }
}

extension SubscriberListing {
    fileprivate init(_ query: Query) throws(Problem) {
        self.init()
        if let text = try query.single("sort") {
            guard
                let order = SubscriberOrder.allCases.first(where: { text.hasBytes(of: $0.rawValue) }
                )
            else {
                let known = SubscriberOrder.allCases.map(\.rawValue)
                throw .invalid(
                    "The parameter sort is '\(text.clipped(to: 64))'.",
                    remedy: "Use \(known.joined(separator: ", ")).")
            }
            self.order = order
        }
        switch try query.single("order").map(ExactString.init) {
        case nil, "asc": isDescending = false
        case "desc": isDescending = true
        case .some(let text):
            throw .invalid(
                "The parameter order is '\(text.string.clipped(to: 64))'.",
                remedy: "Use asc or desc.")
        }
        limit = try query.limit()
        guard let text = try query.single("after") else { return }
        let parts = text.fields(on: UInt8(ascii: ".")).map { Int($0) }
        guard parts.count == 2, let value = parts[0], let id = parts[1] else {
            throw .invalid(
                "The parameter after is '\(text.clipped(to: 64))', which is no place in this list.",
                remedy: "Use next of the previous page, with the same sort and order.")
        }
        after = (value, id)
    }
}

extension Problem {
    fileprivate static func noSubscriber(_ id: Int) -> Problem {
        Problem(
            .notFound, "subscriber-not-found", "Subscriber not found",
            "No stream has the number \(id).",
            remedy: "Use an id of GET /subscribers; the stream may have ended.")
    }
}
