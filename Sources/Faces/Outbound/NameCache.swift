internal import Addresses
internal import Text

/// Resolves the names of receivers, and remembers their addresses for half a minute. Belongs to the
/// loop of the requests.
///
/// A name whose resolution failed or took long is resolved on threads of its own kind the next time:
/// so receivers whose names cannot be resolved keep no thread from the others.
final class NameCache {
    private struct Entry {
        var addresses: [SocketAddress]
        var expires: ContinuousClock.Instant
        var isSlow: Bool
    }

    private static let life: Duration = .seconds(30)
    private static let slowTime: Duration = .seconds(1)
    private static let limit = 10_000

    private let resolve: Dialer.Resolve
    private let timeout: Duration
    private let threads = LookupThreads(limit: 4)
    private let slowThreads = LookupThreads(limit: 4)
    private var entries: [ExactString: Entry] = [:]

    init(resolve: @escaping Dialer.Resolve, timeout: Duration) {
        self.resolve = resolve
        self.timeout = timeout
    }

    /// Returns the addresses of a host. None of them is checked.
    func addresses(of url: RemoteURL) async throws -> [SocketAddress] {
        if let bytes = IPAddress.bytes(url.host) {
            return [SocketAddress(host: url.host, port: url.port, isIPv6: bytes.count == 16)]
        }
        let key = Self.key(url)
        let known = entries[key]
        if let known, !known.addresses.isEmpty, ContinuousClock.now < known.expires {
            return known.addresses
        }
        let (host, port, resolve) = (url.host, url.port, resolve)
        let start = ContinuousClock.now
        let result: Result<[SocketAddress], any Error>
        do {
            result = .success(
                try await Lookup.run(
                    timeout: timeout, on: known?.isSlow == true ? slowThreads : threads
                ) { try resolve(host, port) })
        } catch {
            result = .failure(error)
        }
        let end = ContinuousClock.now
        let addresses = (try? result.get()) ?? []
        makeRoom()
        entries[key] = Entry(
            addresses: addresses, expires: end + Self.life,
            isSlow: addresses.isEmpty || end - start > Self.slowTime)
        return try result.get()
    }

    /// Resolves a name anew the next time.
    func forget(_ url: RemoteURL) { entries[Self.key(url)]?.addresses = [] }

    private static func key(_ url: RemoteURL) -> ExactString {
        ExactString("\(url.host) \(url.port)")
    }

    private func makeRoom() {
        guard entries.count >= Self.limit else { return }
        let now = ContinuousClock.now
        entries = entries.filter { now < $0.value.expires }
        if entries.count >= Self.limit { entries = [:] }
    }
}
