internal import Authentication
internal import Directory
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    private static let published = HTTPField.Name("Directory-Published")
    private static let signatures = HTTPField.Name("Directory-Signatures")
    private static let peek = [
        (name: "peek", meaning: "1: only a look, of which no event is emitted")
    ]
    private static let listing = [
        (
            name: "q",
            meaning: "words that all occur in name, authors, description or skills, in any case"
        ),
        (name: "label", meaning: "a substring of a label; may be repeated"),
        (name: "name", meaning: "a name, in any case; * and ? are wildcards"),
        (name: "version", meaning: "a version, in any case; * and ? are wildcards"),
        (name: "published", meaning: "true or false"),
        (name: "limit", meaning: "records in a page, 1 to 1000; 100 if not given"),
        (name: "after", meaning: "next of the previous page"),
    ]

    static func records(_ operations: any DirectoryOperations) -> [Route] {
        [
            Route(
                .get, "/records", "records, newest first, without content", scope: .readRecords,
                parameters: listing,
                responses: [
                    (
                        200,
                        "records, next if there are more, and on the first page total, with total_exact: false if there are more than that"
                    )
                ]
            ) {
                request in
                let page = try await operations.list(try RecordListing(request.query))
                return .response(
                    await RouteResponse.largeJSON {
                        var members: [(String, JSON)] = [
                            ("records", .array(page.items.map(\.json)))
                        ]
                        if let total = page.total {
                            members.append(("total", .number(total.count)))
                            members.append(("total_exact", .bool(total.isExact)))
                        }
                        if let next = page.next { members.append(("next", .string(next))) }
                        if !page.damaged.isEmpty {
                            members.append(("damaged", .strings(page.damaged)))
                        }
                        return .object(members)
                    })
            },
            Route(
                .get, "/records/{cid}", "the record, exactly its canonical JSON",
                scope: .readRecords,
                parameters: peek,
                responses: [(200, "the record"), (304, "the record is what If-None-Match names")]
            ) { request in
                let cid = request.parameters["cid"] ?? ""
                if ETag.matches(request.head.field(.ifNoneMatch), "\"\(cid)\"") {
                    // The content is not read, so this is not a pull, but the record must be stored.
                    _ = try await operations.info(cid)
                    return .empty(.notModified, fields: tagged(cid))
                }
                var fields = tagged(cid)
                fields[.contentType] = "application/json"
                switch try await operations.pull(cid, isPeek: try request.isPeek()) {
                case .whole(let pulled):
                    return .response(Response(fields: fields, body: pulled.content))
                case .large(let length):
                    return .body(fields, length: length) { writer in
                        var place = 0
                        while place < length {
                            let part = try await operations.part(of: cid, from: place)
                            place += part.count
                            try await writer.write(part)
                        }
                        writer.finish()
                    }
                }
            },
            Route(
                .head, "/records/{cid}", "whether the record exists, how large it is, its labels",
                scope: .readRecords,
                responses: [
                    (200, "the record exists"), (304, "the record is what If-None-Match names"),
                ]
            ) {
                request in
                let info = try await operations.info(request.parameters["cid"] ?? "")
                var fields = tagged(info.cid)
                fields[.contentType] = "application/json"
                if ETag.matches(request.head.field(.ifNoneMatch), "\"\(info.cid)\"") {
                    return .empty(.notModified, fields: tagged(info.cid))
                }
                if let size = info.size { fields[.contentLength] = String(size) }
                if let labels = info.labels { LabelFields.add(labels, to: &fields) }
                if let published, let isPublished = info.isPublished {
                    fields[published] = isPublished ? "true" : "false"
                }
                if let signatures, let count = info.signatures {
                    fields[signatures] = String(count)
                }
                return .response(Response(fields: fields))
            },
            Route(.get, "/records/{cid}/labels", "all labels of the record", scope: .readRecords) {
                request in
                let info = try await operations.info(request.parameters["cid"] ?? "")
                guard let labels = info.labels else {
                    throw DirectoryError.upstreamUnsupported(
                        "the upstream does not tell the labels of a record")
                }
                return .response(
                    await RouteResponse.largeJSON {
                        ["cid": .string(info.cid), "labels": .strings(labels)]
                    })
            },
            Route(
                .delete, "/records/{cid}",
                "deletes the record, its publication, signatures and labels", scope: .writeRecords,
                responses: [(204, "the record is not stored any longer")]
            ) { request in
                try await operations.delete(request.parameters["cid"] ?? "")
                return .empty(.noContent)
            },
        ]
    }

    /// Returns the fields for caches. The content of a CID never changes, but it can be deleted.
    private static func tagged(_ cid: String) -> HTTPFields {
        [.eTag: "\"\(cid)\"", .cacheControl: "no-cache"]
    }
}

extension Request {
    /// Whether the client only looks at a record.
    /// - Throws: `Problem` when the parameter has another value than 0 or 1.
    fileprivate func isPeek() throws(Problem) -> Bool {
        switch try query.single("peek").map(ExactString.init) {
        case nil, "0": return false
        case "1": return true
        case .some(let text):
            throw .invalid(
                "The parameter peek is '\(text.string.clipped(to: 64))'.", remedy: "Use 0 or 1.")
        }
    }
}

extension RecordListing {
    fileprivate init(_ query: Query) throws(Problem) {
        self.init()
        words = try query.single("q") ?? ""
        labels = query.list("label")
        names = query.list("name")
        versions = query.list("version")
        after = try query.single("after")
        switch try query.single("published").map(ExactString.init) {
        case nil: published = nil
        case "true": published = true
        case "false": published = false
        case .some(let text):
            throw .invalid(
                "The parameter published is '\(text.string.clipped(to: 64))'.",
                remedy: "Use true or false.")
        }
        limit = try query.limit()
    }
}

extension RecordPage.Item {
    fileprivate var json: JSON {
        var members: [(String, JSON)] = [
            ("cid", .string(cid)), ("name", .string(name)), ("version", .string(version)),
            ("schema_version", .string(schemaVersion)), ("created_at", .string(createdAt)),
        ]
        if let pushedAt { members.append(("pushed_at", .string(Timestamp.format(pushedAt)))) }
        if let size { members.append(("size", .number(size))) }
        if let isPublished { members.append(("published", .bool(isPublished))) }
        if let labels { members.append(("labels", .strings(labels))) }
        if let signatures { members.append(("signatures", .number(signatures))) }
        return .object(members)
    }
}
