import Addresses
import FoundationEssentials
import Text

@testable import Outbound

/// Checks that an address names one host to every reader, and that no policy lets through what
/// never may be reached. The lines of the input are a URL, an IP address and patterns.
func checkRemoteAddress(_ input: [UInt8]) throws {
    let lines = fields(input, limit: 10)
    if let url = try? RemoteURL(lines[0]) { try check(url) }
    let patterns = lines.dropFirst(2).compactMap(RemotePattern.init)
    guard lines.count > 1, let address = address(lines[1]) else { return }

    let bytes = address.bytes
    try require(bytes.count == (address.isIPv6 ? 16 : 4), "\(address): \(bytes)")
    let inner = IPAddress.unwrapped(bytes)
    if IPAddress.isPublic(inner) {
        try require(
            !IPAddress.isLoopback(inner) && !IPAddress.isNeverAllowed(inner),
            "\(address) is public, and is not")
    }
    let range = AddressRange(address.host)
    try require(range?.contains(bytes) == true, "\(address) is not in its own range")

    for allowsLoopback in [false, true] {
        let policy = AddressPolicy(patterns, allowsLoopback: allowsLoopback)
        let isAllowed = policy.allows(host: lines[0].lowercasedASCII, address)
        try require(
            !isAllowed || !IPAddress.isNeverAllowed(inner), "\(address) is never allowed, and is")
        guard patterns.isEmpty, isAllowed else { continue }
        try require(
            IPAddress.isPublic(inner) || (allowsLoopback && IPAddress.isLoopback(inner)),
            "\(address) is allowed without a word")
    }
}

private func address(_ text: String) -> SocketAddress? {
    SocketAddress(text.utf8.contains(UInt8(ascii: ":")) ? "[\(text)]:80" : "\(text):80")
}

private func check(_ url: RemoteURL) throws {
    let written = url.description
    let again: RemoteURL
    do { again = try RemoteURL(written) } catch {
        throw Finding("the normal form \(written) is refused: \(error.reason)")
    }
    try require(again.description.hasBytes(of: written), "\(written) becomes \(again)")
    try require(again.host.hasBytes(of: url.host) && again.port == url.port, "another place")
    try require(
        url.host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@\\%".utf8.contains($0) },
        "the host \(url.host)")
    try require(!url.path.utf8.contains { "?#".utf8.contains($0) }, "the path \(url.path)")
    // The HTTP client reads the address once more, like this.
    let read = URL(string: written + "/records?limit=200")
    try require(read?.host()?.hasBytes(of: url.host) == true, "\(written) has another host to URL")
    try require((read?.port ?? (url.isSecure ? 443 : 80)) == url.port, "another port to URL")
}
