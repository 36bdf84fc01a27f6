/// The keys of an issuer, kept and renewed. While they are renewed, the old ones are used.
actor JWTKeyCache {
    /// When keys are loaded again.
    struct Schedule: Sendable {
        /// The age at which remote keys are fetched again: so long a key that was withdrawn is used.
        var renewal: Duration = .seconds(600)
        /// The shortest time between two fetches: unknown keys in tokens cause no more.
        var pause: Duration = .seconds(60)
        /// The shortest time between two attempts while there are no keys, and between two looks at a
        /// file.
        var retry: Duration = .seconds(1)
        /// The age at which keys that cannot be renewed are used no longer.
        var longestUse: Duration = .seconds(86_400)
    }

    private let source: JWTKeySource
    private let schedule: Schedule
    private let clock: @Sendable () -> Duration
    private let report: @Sendable (String) -> Void

    private var keys: (set: JWTKeySet, loadedAt: Duration)?
    private var stamp: FileStamp?
    private var lastAttempt: Duration?
    private var renewal: Task<Void, Never>?

    /// - Parameters:
    ///   - clock: a clock that does not step back.
    ///   - report: receives why keys cannot be loaded, for the log.
    init(
        _ source: JWTKeySource, schedule: Schedule = Schedule(),
        clock: @escaping @Sendable () -> Duration, report: @escaping @Sendable (String) -> Void
    ) {
        self.source = source
        self.schedule = schedule
        self.clock = clock
        self.report = report
    }

    /// Returns the keys, for a token that names the key `id`.
    /// - Throws: `AccessError.keysUnavailable` when there are none.
    func keys(for id: String?) async throws(AccessError) -> JWTKeySet {
        let known = usable
        if let known, !hasFile, id.map(known.contains) ?? true {
            // In the background: this token's key is here.
            if isDue(after: schedule.renewal) { renew() }
            return known
        }
        if renewal != nil || isDue(after: known == nil || hasFile ? schedule.retry : schedule.pause)
        {
            renew()
            await renewal?.value
        }
        guard let keys = usable else { throw .keysUnavailable }
        return keys
    }

    /// The keys, unless they are too old. A file is never too old: it is looked at each time.
    private var usable: JWTKeySet? {
        guard let keys, hasFile || clock() - keys.loadedAt < schedule.longestUse else { return nil }
        return keys.set
    }

    private var hasFile: Bool { if case .file = source { true } else { false } }

    private func isDue(after time: Duration) -> Bool {
        lastAttempt.map { clock() - $0 >= time } ?? true
    }

    private func renew() {
        guard renewal == nil else { return }
        lastAttempt = clock()
        renewal = Task { await load() }
    }

    private func load() async {
        defer { renewal = nil }
        do {
            guard let document = try await document() else { return }
            keys = (try await JWTKeySet(document), clock())
        } catch {
            // A file that cannot be used is looked at again when it changes; the old keys stay.
            report("\(error)")
        }
    }

    /// Returns the document; nil when the file has not changed.
    private func document() async throws -> [UInt8]? {
        switch source {
        case .remote(let fetch): return try await fetch()
        case .file(let path):
            let found = FileStamp(path: path)
            if let found, found == stamp { return nil }
            stamp = found
            return try FileStamp.read(path: path, limit: JWTKeySet.longest)
        }
    }
}
