internal import Libevent
internal import Text

/// Which remotes may be reached. A client names them, and the gateway may stand where that client
/// could not reach: so what counts is the address that is really connected to, not its name.
public struct AddressPolicy: Sendable {
    private let patterns: [RemotePattern]

    /// - Parameters:
    ///   - patterns: what is allowed; nothing means any public address.
    ///   - allowsLoopback: whether, without patterns, the own machine is allowed too.
    public init(_ patterns: [RemotePattern], allowsLoopback: Bool) {
        let standard: [RemotePattern] =
            allowsLoopback ? [.publicAddresses, .loopback] : [.publicAddresses]
        self.patterns = patterns.isEmpty ? standard : patterns
    }

    /// - Parameters:
    ///   - host: as the client named it, in lower case.
    ///   - address: what the name stands for.
    func allows(host: String, _ address: SocketAddress) -> Bool {
        let bytes = IPAddress.unwrapped(address.bytes)
        return !IPAddress.isNeverAllowed(bytes) && patterns.contains { $0.matches(host, bytes) }
    }
}

/// One entry of `sync.allowed_remotes`.
public enum RemotePattern: Sendable, Equatable {
    /// `public`: any address of the internet at large.
    case publicAddresses
    /// `loopback`: the own machine.
    case loopback
    /// `10.1.0.0/16`, `192.168.1.7`: addresses.
    case network(String)
    /// `dir.example.org`: a name, wherever it leads.
    case host(String)
    /// `*.example.org`: every name below this one; `*`: every name.
    case domain(String)

    /// - Returns: nil when the text is none of these.
    public init?(_ text: String) {
        let text = text.lowercasedASCII
        if text.hasBytes(of: "public") {
            self = .publicAddresses
        } else if text.hasBytes(of: "loopback") {
            self = .loopback
        } else if AddressRange(text) != nil {
            self = .network(text)
        } else {
            let isDomain = text.hasBytes(of: "*") || text.hasBytePrefix("*.")
            let name = text.utf8.dropFirst(isDomain ? 1 : 0)
            let isName = name.allSatisfy {
                ASCII.isLetter($0) || ASCII.isDigit($0) || "-._".utf8.contains($0)
            }
            guard isName, isDomain || !name.isEmpty else { return nil }
            self = isDomain ? .domain(String(Substring(name))) : .host(text)
        }
    }

    func matches(_ host: String, _ address: [UInt8]) -> Bool {
        switch self {
        case .publicAddresses: IPAddress.isPublic(address)
        case .loopback: IPAddress.isLoopback(address)
        case .network(let text): AddressRange(text)?.contains(address) ?? false
        case .host(let name): host.hasBytes(of: name)
        case .domain(let suffix): host.hasByteSuffix(suffix)
        }
    }
}
