internal import Synchronization
internal import Text

/// The sessions of browsers, in memory: a random secret in a cookie stands for the subject of a token.
/// A session ends 12 hours after its begin, with its token, and with the process. Safe to use from any
/// thread.
final class SessionTable: Sendable {
    /// The bounds of the table.
    struct Limits: Sendable {
        /// The most sessions; with one more, the oldest ends.
        var sessions = 10_000
        /// The most sessions of one subject, so that one subject cannot end those of others.
        var sessionsOfSubject = 100
        /// The longest time of a session, in microseconds.
        var lifetime: Int64 = 12 * 3600 * 1_000_000
    }

    /// A session that has begun.
    struct Session: Sendable {
        /// The value of the cookie: a secret.
        let secret: String
        /// When it ends, in microseconds since 1970.
        let expires: Int64
    }

    fileprivate struct Entry {
        let number: UInt64
        let hash: TokenHash
        let subject: Subject
        let expires: Int64
    }

    fileprivate struct State {
        var byHash: [UInt64: [Entry]] = [:]
        /// The sessions from the oldest to the youngest.
        var order: [(number: UInt64, hash: TokenHash)] = []
        var count = 0
        var numbers: [ExactString: [UInt64]] = [:]
        var nextNumber: UInt64 = 0
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(limits: Limits = Limits()) { self.limits = limits }

    /// How many sessions there are, including those whose time is over and that were not used since.
    var count: Int { state.withLock { $0.count } }

    /// Begins a session.
    /// - Parameter now: microseconds since 1970.
    func begin(_ subject: Subject, now: Int64) -> Session {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        let secret = Base64URL.encode(bytes)
        let end = now.addingReportingOverflow(limits.lifetime)
        let longest = end.overflow ? Int64.max : end.partialValue
        let expires = min(longest, subject.expires ?? longest)
        let hash = TokenHash(of: secret.utf8)
        let kept = subject.proved(by: .cookie)
        let identity = ExactString(subject.identity)
        state.withLock { state in
            let own = state.numbers[identity] ?? []
            if own.count >= limits.sessionsOfSubject, let oldest = own.first {
                state.remove(number: oldest)
            }
            while state.count >= limits.sessions, let oldest = state.order.first {
                state.remove(number: oldest.number)
            }
            let number = state.nextNumber
            state.nextNumber += 1
            state.byHash[hash.key, default: []].append(
                Entry(number: number, hash: hash, subject: kept, expires: expires))
            state.order.append((number, hash))
            state.numbers[identity, default: []].append(number)
            state.count += 1
        }
        return Session(secret: secret, expires: expires)
    }

    /// Returns the subject of a session; nil when there is none, or its time is over.
    /// - Parameter now: microseconds since 1970.
    func subject(_ secret: [UInt8], now: Int64) -> Subject? {
        let hash = TokenHash(of: secret)
        return state.withLock { state in
            guard let entry = state.entry(hash) else { return nil }
            guard entry.expires > now else {
                state.remove(number: entry.number)
                return nil
            }
            return entry.subject
        }
    }

    /// Ends a session, if there is one.
    func end(_ secret: [UInt8]) {
        let hash = TokenHash(of: secret)
        state.withLock { state in
            if let entry = state.entry(hash) { state.remove(number: entry.number) }
        }
    }
}

extension SessionTable.State {
    fileprivate func entry(_ hash: TokenHash) -> SessionTable.Entry? {
        byHash[hash.key]?.first { $0.hash.equals(hash) }
    }

    /// Removes a session. The numbers rise, so that its place is found in O(log n).
    fileprivate mutating func remove(number: UInt64) {
        guard let place = place(of: number) else { return }
        let hash = order.remove(at: place).hash
        guard let entry = entry(hash) else { return }
        byHash[hash.key]?.removeAll { $0.number == number }
        if byHash[hash.key]?.isEmpty == true { byHash[hash.key] = nil }
        let identity = ExactString(entry.subject.identity)
        numbers[identity]?.removeAll { $0 == number }
        if numbers[identity]?.isEmpty == true { numbers[identity] = nil }
        count -= 1
    }

    private func place(of number: UInt64) -> Int? {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if order[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < order.count && order[low].number == number ? low : nil
    }
}
