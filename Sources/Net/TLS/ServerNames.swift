internal import COpenSSL

/// What the callbacks of a handshake choose from: the certificate by the name of the server (SNI,
/// RFC 6066 §3), and the protocol.
final class ServerNames: Sendable {
    /// What the server speaks, the preferred one first.
    let protocols: [ApplicationProtocol]
    private let exact: [[UInt8]: RawContext]
    /// The names after `*.`: they stand for all names with one label more (RFC 6125 §6.4.3).
    private let wildcards: [[UInt8]: RawContext]

    /// Of two certificates with the same name the first counts.
    init(_ pairs: [(names: [[UInt8]], context: RawContext)], protocols: [ApplicationProtocol]) {
        var exact: [[UInt8]: RawContext] = [:]
        var wildcards: [[UInt8]: RawContext] = [:]
        for pair in pairs {
            for name in pair.names {
                let name = name.map(lowercase)
                if name.starts(with: Array("*.".utf8)) {
                    let rest = Array(name.dropFirst(2))
                    if wildcards[rest] == nil { wildcards[rest] = pair.context }
                } else if exact[name] == nil {
                    exact[name] = pair.context
                }
            }
        }
        self.exact = exact
        self.wildcards = wildcards
        self.protocols = protocols
    }

    /// The context for a name, nil when no certificate has it.
    func context(for name: UnsafeBufferPointer<CChar>) -> RawContext? {
        let name = unsafe name.map { lowercase(UInt8(bitPattern: $0)) }
        if let context = exact[name] { return context }
        guard let dot = name.firstIndex(of: UInt8(ascii: ".")), dot > 0 else { return nil }
        return wildcards[Array(name[(dot + 1)...])]
    }

    /// Makes the contexts of a server ask this object in each handshake. It has to live as long as
    /// connections of the contexts do.
    func attach(to contexts: [RawContext]) {
        let argument = unsafe Unmanaged.passUnretained(self).toOpaque()
        for context in contexts {
            unsafe directory_set_servername_callback(context.pointer, onServerName, argument)
            // OpenSSL asks the context that the name has chosen.
            if protocols.isEmpty { continue }
            unsafe SSL_CTX_set_alpn_select_cb(context.pointer, onProtocols, argument)
        }
    }
}

private func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}

/// Chooses the certificate. An unknown name gets the first one: clients that check it see by
/// themselves that it is for another host.
@c private func onServerName(
    ssl: OpaquePointer?, _: UnsafeMutablePointer<Int32>?, context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context,
        let text = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
    else { return SSL_TLSEXT_ERR_NOACK }
    let names = unsafe Unmanaged<ServerNames>.fromOpaque(context).takeUnretainedValue()
    // OpenSSL refuses names above 255 bytes, and names with a zero byte.
    let name = unsafe UnsafeBufferPointer(start: text, count: strlen(text))
    guard let chosen = unsafe names.context(for: name) else { return SSL_TLSEXT_ERR_NOACK }
    unsafe SSL_set_SSL_CTX(ssl, chosen.pointer)
    return SSL_TLSEXT_ERR_OK
}

/// Chooses the first of the server's protocols that the client offers too.
@c private func onProtocols(
    _: OpaquePointer?, out: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    outCount: UnsafeMutablePointer<UInt8>?, offered: UnsafePointer<UInt8>?, offeredCount: UInt32,
    context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context else { return SSL_TLSEXT_ERR_NOACK }
    let names = unsafe Unmanaged<ServerNames>.fromOpaque(context).takeUnretainedValue()
    let list = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredCount))
    for candidate in names.protocols {
        var start = 0
        while start < list.count {
            let end = unsafe start + 1 + Int(list[start])
            guard end <= list.count else { break }
            let name = unsafe UnsafeBufferPointer(rebasing: list[(start + 1)..<end])
            if unsafe name.elementsEqual(candidate.bytes) {
                // Into the client's list: it has to stay where it is after this call.
                unsafe out?.pointee = name.baseAddress
                unsafe outCount?.pointee = UInt8(name.count)
                return SSL_TLSEXT_ERR_OK
            }
            start = end
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
