internal import Addresses
internal import Text

/// Which remotes may be reached. A client names them, and the gateway may be inside a network that
/// the client cannot reach. Therefore the address of the connection is checked, not only its name.
public struct AddressPolicy: Sendable {
    private let patterns: [RemotePattern]

    /// Makes a policy.
    /// - Parameters:
    ///   - patterns: what is allowed; empty means any public address.
    ///   - allowsLoopback: whether loopback addresses are allowed too if there are no patterns.
    public init(_ patterns: [RemotePattern], allowsLoopback: Bool) {
        let standard: [RemotePattern] =
            allowsLoopback ? [.publicAddresses, .loopback] : [.publicAddresses]
        self.patterns = patterns.isEmpty ? standard : patterns
    }

    /// Returns whether a connection to an address is allowed.
    /// - Parameters:
    ///   - host: the host as the client named it, in lower case.
    ///   - address: the address that the host resolved to.
    func allows(host: String, _ address: SocketAddress) -> Bool {
        let bytes = IPAddress.unwrapped(address.bytes)
        return !IPAddress.isNeverAllowed(bytes) && patterns.contains { $0.matches(host, bytes) }
    }
}

/// One entry of `sync.allowed_remotes`.
public enum RemotePattern: Sendable, Equatable {
    /// `public`: any globally reachable address.
    case publicAddresses
    /// `loopback`: the machine of the gateway.
    case loopback
    /// `10.1.0.0/16`, `192.168.1.7`: a block of addresses, or one address.
    case network(String)
    /// `dir.example.org`: a name, whatever address it resolves to.
    case host(String)
    /// `*.example.org`: every name below this domain; `*`: every name.
    case domain(String)

    /// Parses a pattern; nil if the text is none of these.
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
