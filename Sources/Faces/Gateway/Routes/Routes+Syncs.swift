internal import Authentication
internal import Directory
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    static func syncs(_ operations: any DirectoryOperations) -> [Route] {
        [
            Route(
                .post, "/sync",
                "copies published records from another gateway: {\"remote_directory_url\",\"cids\"?}",
                scope: .writeRecords,
                accepts: ["application/json"],
                members: [
                    .init("remote_directory_url", .text, "the other gateway", isRequired: true),
                    .init(
                        "cids", .texts,
                        "the records to copy; if missing, all that are published there"),
                ], responses: [(202, "the id of the accepted sync")]
            ) { request in
                let body = try await request.object(["remote_directory_url", "cids"])
                let remote = try body.text("remote_directory_url", isRequired: true) ?? ""
                let cids = try body.strings("cids") ?? []
                let response = { @Sendable (id: String) in
                    Response(
                        json: ["sync_id": .string(id)], status: .accepted,
                        fields: [.location: "/syncs/\(id)"])
                }
                let id = try await request.keep({ (sync: Syncs.Accepted) in response(sync.id) }) {
                    try await operations.createSync(remote, cids: cids)
                }
                return .response(response(id))
            },
            Route(
                .get, "/syncs", "syncs, newest first", scope: .readRecords,
                parameters: [
                    (name: "limit", meaning: "syncs in a page, 1 to 1000; 100 if not given"),
                    (name: "after", meaning: "next of the previous page"),
                ]
            ) { request in
                let page = try await operations.listSyncs(
                    limit: try request.query.limit(), after: try request.query.single("after"))
                var members: [(String, JSON)] = [("syncs", .array(page.items.map(\.json)))]
                if let next = page.next { members.append(("next", .string(next))) }
                return .json(.object(members))
            },
            Route(
                .get, "/syncs/{id}", "the progress of a sync, and why it failed",
                scope: .readRecords
            ) { request in
                let id = request.parameters["id"] ?? ""
                return .json(try await operations.sync(id).json)
            },
            Route(
                .delete, "/syncs/{id}", "cancels a sync; the copied records are kept",
                scope: .writeRecords,
                responses: [(204, "the sync is cancelled")]
            ) { request in
                try await operations.cancelSync(request.parameters["id"] ?? "")
                return .empty(.noContent)
            },
        ]
    }
}

extension Sync {
    fileprivate var json: JSON {
        var members: [(String, JSON)] = [
            ("sync_id", .string(id)), ("status", .string(state.name)),
            ("remote_directory_url", .string(remoteURL)),
        ]
        if !cids.isEmpty { members.append(("cids", .strings(cids))) }
        if createdAt != 0 {
            members += [
                ("created_at", .string(Timestamp.format(createdAt))),
                ("updated_at", .string(Timestamp.format(updatedAt))),
            ]
        }
        guard hasProgress else { return .object(members) }
        members += [
            ("found", .number(progress.found)), ("copied", .number(progress.copied)),
            ("present", .number(progress.present)), ("failed", .number(progress.failed)),
            ("signatures", .number(progress.signatures)),
            ("signatures_refused", .number(progress.signaturesRefused)),
        ]
        if let error { members.append(("error", .string(error))) }
        return .object(members)
    }
}
