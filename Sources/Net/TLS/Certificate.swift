internal import COpenSSL
internal import Glibc

/// A certificate in OpenSSL's memory.
@safe final class Certificate {
    let raw: OpaquePointer

    /// Takes over a reference.
    init(owning raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe X509_free(raw) }

    /// The beginning of the validity, in seconds since 1970.
    var beginning: Int { unsafe Self.seconds(of: X509_get0_notBefore(raw)) ?? .max }

    /// The end of the validity, in seconds since 1970.
    var expiry: Int { unsafe Self.seconds(of: X509_get0_notAfter(raw)) ?? .min }

    /// The names of hosts in the subject alternative names.
    var dnsNames: [[UInt8]] { names(GEN_DNS) }

    /// The URIs in the subject alternative names.
    var uris: [[UInt8]] { names(GEN_URI) }

    /// The last common name of the subject as UTF-8, if there is one.
    var commonName: [UInt8]? {
        let subject = unsafe X509_get_subject_name(raw)
        var index: Int32 = -1
        while case let next = unsafe X509_NAME_get_index_by_NID(subject, NID_commonName, index),
            next >= 0
        {
            index = next
        }
        guard index >= 0, let entry = unsafe X509_NAME_get_entry(subject, index) else { return nil }
        var text: UnsafeMutablePointer<UInt8>?
        let count = unsafe ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry))
        guard count >= 0, let start = unsafe text else { return nil }
        defer { unsafe CRYPTO_free(start, #file, #line) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }

    private func names(_ type: Int32) -> [[UInt8]] {
        guard let found = unsafe X509_get_ext_d2i(raw, NID_subject_alt_name, nil, nil) else {
            return []
        }
        let stack = OpaquePointer(found)
        defer { unsafe GENERAL_NAMES_free(stack) }
        return unsafe (0..<max(0, OPENSSL_sk_num(stack))).compactMap { index in
            let entry = unsafe OPENSSL_sk_value(stack, index)
            guard let name = unsafe entry?.assumingMemoryBound(to: GENERAL_NAME.self),
                unsafe name.pointee.type == type,
                // URI and DNS name are both an IA5String, at the same place.
                let text = unsafe name.pointee.d.ia5,
                let start = unsafe ASN1_STRING_get0_data(text)
            else { return nil }
            // By its length: a zero byte inside must not cut it.
            let count = unsafe Int(ASN1_STRING_length(text))
            return unsafe Array(UnsafeBufferPointer(start: start, count: count))
        }
    }

    private static func seconds(of time: UnsafePointer<ASN1_TIME>?) -> Int? {
        var parts = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return unsafe timegm(&parts)
    }
}

/// A private key in OpenSSL's memory.
@safe final class PrivateKey {
    let raw: OpaquePointer

    /// Takes over a reference.
    init(owning raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe EVP_PKEY_free(raw) }
}

/// A time as RFC 3339, in UTC.
func timestamp(_ seconds: Int) -> String {
    var seconds = seconds
    var parts = unsafe tm()
    guard unsafe gmtime_r(&seconds, &parts) != nil else { return "\(seconds) s" }
    func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = unsafe [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday]
    let time = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec]
    return date.map(padded).joined(separator: "-") + "T"
        + time.map(padded).joined(separator: ":") + "Z"
}
