internal import GRDB
internal import Synchronization
internal import Text

/// A request with an idempotency key.
public struct IdempotentRequest: Sendable {
    /// Who sends it. Keys of different subjects are different keys.
    public let subject: String
    /// The key that the client has chosen.
    public let key: String
    /// A digest of what is requested: of the route and the body.
    public let digest: [UInt8]

    /// Makes a request.
    public init(subject: String, key: String, digest: [UInt8]) {
        self.subject = subject
        self.key = key
        self.digest = digest
    }
}

/// The response to a request with an idempotency key.
public struct IdempotentAnswer: Sendable {
    /// The status of the response.
    public let status: Int
    /// The header fields that belong to the operation.
    public let fields: [Field]
    /// The whole body.
    public let body: [UInt8]

    /// A header field.
    public struct Field: Sendable {
        /// The name.
        public let name: String
        /// The value.
        public let value: String

        /// Makes a field.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Makes an answer.
    public init(status: Int, fields: [Field] = [], body: [UInt8]) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// How long, and how many, answers are kept. Beyond a limit the oldest are forgotten.
public struct IdempotencyLimits: Sendable {
    /// The most answers.
    public var answers: Int
    /// The most bytes of all answers.
    public var bytes: Int
    /// The longest time of an answer.
    public var age: Duration

    /// Makes limits.
    public init(answers: Int = 100_000, bytes: Int = 64 << 20, age: Duration = .seconds(86_400)) {
        self.answers = answers
        self.bytes = bytes
        self.age = age
    }
}

/// Makes sure that a request that is sent again is not carried out again: the answers to requests
/// with an idempotency key are stored, and returned. Safe to use from any thread.
///
/// Which requests are running is known in memory only. A request whose operation the process had not
/// committed when it was killed can be sent again, and is carried out then. Where the operation is
/// one change, its answer is a part of the same commit (`Run.keep`); where it is several, or its
/// answer is known only afterwards, the answer has a commit of its own (`Run.finish`), and a process
/// that is killed between the two carries the operation out again.
public final class Idempotency: Sendable {
    /// What to do with a request.
    public enum Begin: Sendable {
        /// Carry it out, and finish or abandon the run.
        case new(Run)
        /// The same request is being carried out.
        case running
        /// It was carried out: the answer.
        case answered(IdempotentAnswer)
        /// The key belongs to another request.
        case reused
    }

    private struct Key: Hashable {
        let subject: ExactString
        let key: ExactString

        init(_ request: IdempotentRequest) {
            (subject, key) = (ExactString(request.subject), ExactString(request.key))
        }
    }

    /// The most bytes of a key, and of the name of a subject.
    private static let longestKey = 1024

    private let store: Store
    private let limits: IdempotencyLimits
    /// Microseconds since 1970.
    private let now: @Sendable () -> Int64
    /// The digests of the requests that are being carried out.
    private let running = Mutex<[Key: [UInt8]]>([:])

    /// Uses the answers of a store.
    /// - Parameter now: returns microseconds since 1970.
    public init(
        store: Store, limits: IdempotencyLimits = IdempotencyLimits(),
        now: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.limits = limits
        self.now = now
    }

    /// Begins a request, or returns why it must not be carried out.
    /// - Throws: `DirectoryError.invalid` when the key is empty or too long, or the error of the
    ///   store.
    public func begin(_ request: IdempotentRequest) async throws(DirectoryError) -> Begin {
        guard (1...Self.longestKey).contains(request.key.utf8.count),
            request.subject.utf8.count <= Self.longestKey
        else { throw .invalid("an idempotency key has 1 to \(Self.longestKey) bytes") }
        let key = Key(request)
        let other = running.withLock { running in
            let other = running[key]
            if other.isNil { running[key] = request.digest }
            return other
        }
        if let other { return other == request.digest ? .running : .reused }
        // Abandons the key when it is dropped.
        let run = Run(request, self)
        let stored = try await store.read { try IdempotencyTable.answer(to: request, $0) }
        guard let stored, stored.createdAt > oldestTime else { return .new(run) }
        return stored.digest == request.digest ? .answered(stored.answer) : .reused
    }

    /// Answers up to this time have expired.
    private var oldestTime: Int64 { now() - limits.age.components.seconds * 1_000_000 }

    fileprivate func end(_ request: IdempotentRequest) {
        running.withLock { $0[Key(request)] = nil }
    }

    fileprivate func store(
        _ answer: IdempotentAnswer, to request: IdempotentRequest
    ) async throws(DirectoryError) {
        let insertion = insertion(for: request)
        try await store.write { database in
            try insertion(answer, database)
            return Applied(result: (), events: [])
        }
    }

    /// Returns what stores the answer to a request, inside a transaction.
    fileprivate func insertion(
        for request: IdempotentRequest
    ) -> @Sendable (IdempotentAnswer, Database) throws -> Void {
        let (limits, time, oldestTime) = (limits, now(), oldestTime)
        return { answer, database in
            try IdempotencyTable.insert(answer, to: request, at: time, database)
            try IdempotencyTable.trim(limits, oldestTime: oldestTime, database)
        }
    }

    /// A request that is being carried out. It ends with `finish`, with `abandon`, or with its last
    /// reference.
    public final class Run: Sendable {
        private let request: IdempotentRequest
        private let idempotency: Mutex<Idempotency?>

        fileprivate init(_ request: IdempotentRequest, _ idempotency: Idempotency) {
            self.request = request
            self.idempotency = Mutex(idempotency)
        }

        deinit { abandon() }

        /// Carries out an operation whose change stores the answer in its own commit. A change with
        /// another kind of result stores nothing: then `finish` does.
        /// - Parameters:
        ///   - answer: makes the answer of the result of the change. Inside the transaction.
        ///   - operation: carries the request out.
        public func keep<T: Sendable, Output>(
            _ answer: @escaping @Sendable (T) -> IdempotentAnswer,
            while operation: () async throws -> Output
        ) async throws -> Output {
            guard let idempotency = idempotency.withLock({ $0 }) else {
                return try await operation()
            }
            let insertion = idempotency.insertion(for: request)
            let kept = KeptAnswer { result, database in
                guard let result = result as? T else { return false }
                try insertion(answer(result), database)
                return true
            }
            let output = try await KeptAnswer.$current.withValue(kept, operation: operation)
            if kept.isDurable { abandon() }
            return output
        }

        /// Stores the answer, unless the change has done so; from then on the request is answered with it. A second call does
        /// nothing.
        /// - Throws: the error of the store. The request then counts as abandoned.
        public func finish(_ answer: IdempotentAnswer) async throws(DirectoryError) {
            guard let idempotency = take() else { return }
            // The key is running until the answer can be read.
            defer { idempotency.end(request) }
            try await idempotency.store(answer, to: request)
        }

        /// Forgets the request, so that it can be sent again: for what changed nothing.
        public func abandon() { take()?.end(request) }

        private func take() -> Idempotency? {
            idempotency.withLock { idempotency in
                defer { idempotency = nil }
                return idempotency
            }
        }
    }
}
