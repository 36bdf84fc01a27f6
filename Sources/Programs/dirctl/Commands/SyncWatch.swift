internal import DirectoryClient
internal import Events

/// Follows a sync by its events.
struct SyncWatch {
    let client: DirectoryClient
    let id: String

    func show(_ format: FormatOptions) async throws {
        let sync = try await end()
        Output.progress("")
        try format.show(sync, human: Self.text(sync), raw: sync.status)
        if !sync.hasCompleted { throw Exit.Silently(code: .failed) }
    }

    private func end() async throws -> SyncInfo {
        try await withThrowingTaskGroup(of: SyncInfo.self) { group in
            group.addTask { try await listen() }
            group.addTask { try await poll() }
            defer { group.cancelAll() }
            guard let sync = try await group.next() else { throw CancellationError() }
            return sync
        }
    }

    /// Waits for the event of the end of the sync.
    private func listen() async throws -> SyncInfo {
        for try await item in client.stream(EventFilter(cids: [id])) {
            switch item {
            // It may have ended before the stream was open, or while it was interrupted.
            case .connected, .event:
                if let sync = try? await client.sync(id), sync.hasEnded { return sync }
            case .reconnecting(_, let reason):
                Output.progress("")
                Output.notice("Connection lost (\(Output.printable(reason))); reconnecting...")
            case .dropped, .gap, .reset: break
            }
        }
        return try await client.sync(id)
    }

    /// Polls the progress: a sync has no events between its start and its end, and none when it is
    /// cancelled.
    private func poll() async throws -> SyncInfo {
        var bar = ProgressBar()
        while true {
            do throws(DirectoryClientError) {
                let sync = try await client.sync(id)
                if sync.hasEnded { return sync }
                let done = sync.copied + sync.present + sync.failed
                bar.show(
                    done, of: sync.found, "\(sync.status): \(done) of \(sync.found) records")
            } catch {
                guard error.isTransient else { throw error }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    static func text(_ sync: SyncInfo) -> String {
        var words = """
            Sync status: \(Output.printable(sync.status))
              Remote:  \(Output.printable(sync.remoteURL))
              Records: \(sync.found) found, \(sync.copied) copied, \(sync.present) present, \(sync.failed) failed
            """
        if let error = sync.error { words += "\n  Error:   \(Output.printable(error))" }
        return words
    }

    static func line(_ sync: SyncInfo) -> String {
        let words = [sync.id, sync.status, sync.remoteURL].map { Output.printable($0) }
        return "\(words.joined(separator: "  "))  \(sync.copied) copied"
    }
}
