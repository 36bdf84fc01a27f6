internal import Text

/// The names in a client certificate that was verified.
public struct CertificateNames: Sendable {
    /// The URIs of the subject alternative names, such as a SPIFFE id.
    public let uris: [String]
    /// The DNS names of the subject alternative names.
    public let dnsNames: [String]
    /// The common name of the subject; used only when there are no alternative names (RFC 6125 §6.4.4).
    public let commonName: String?
    /// When the certificate ends, in microseconds since 1970 (UTC).
    public let expires: Int64?

    /// Makes the names.
    public init(
        uris: [String] = [], dnsNames: [String] = [], commonName: String? = nil,
        expires: Int64? = nil
    ) {
        self.uris = uris
        self.dnsNames = dnsNames
        self.commonName = commonName
        self.expires = expires
    }
}

/// Which client certificates may do what (`auth.certificates`): patterns in order, of which the first
/// that matches decides.
public struct CertificateMap: Sendable {
    /// One entry, such as `spiffe://example.org/agent/*=events:read|records:read`.
    public struct Entry: Sendable {
        /// A name, in which `*` stands for any characters.
        let pattern: String
        /// What the subject may do.
        let scopes: ScopeSet

        /// Reads an entry; the last `=` separates the pattern from the scopes.
        /// - Throws: `CertificateMap.Fault`.
        public init(_ text: String) throws(Fault) {
            guard let mark = text.utf8.lastIndex(of: UInt8(ascii: "=")) else {
                throw Fault(description: "an entry is PATTERN=SCOPE|SCOPE")
            }
            pattern = String(text[..<mark]).trimmedASCII
            guard !pattern.utf8.isEmpty else { throw Fault(description: "the pattern is empty") }
            let names = String(text[text.utf8.index(after: mark)...]).fields(on: UInt8(ascii: "|"))
            do { scopes = try ScopeSet(names: names.map(\.trimmedASCII)) } catch {
                throw Fault(description: "\(pattern): \(error)")
            }
        }
    }

    /// Why an entry cannot be read.
    public struct Fault: Error, Sendable, CustomStringConvertible {
        /// The reason.
        public let description: String
    }

    private let entries: [Entry]

    /// Makes a map.
    public init(_ entries: [Entry] = []) { self.entries = entries }

    /// Returns the subject of a certificate.
    /// - Throws: `AccessError.unauthenticated` when no pattern matches.
    func subject(_ names: CertificateNames) throws(AccessError) -> Subject {
        for entry in entries {
            guard let name = Self.candidates(names).first(where: { Self.matches(entry, $0) })
            else { continue }
            return Subject(
                name: name.text, kind: .certificate, proof: .certificate, scopes: entry.scopes,
                expires: names.expires)
        }
        throw .unauthenticated(.certificate)
    }

    /// Returns whether a name still has the scopes that it was given by the first pattern that matches it.
    func allows(_ text: String, _ scopes: ScopeSet) -> Bool {
        let isURI = ByteSearch("://").occurs(in: text)
        let name = Name(text: text, isURI: isURI, ignoresCase: !isURI)
        return entries.first { Self.matches($0, name) }.map { $0.scopes == scopes } ?? false
    }

    private struct Name {
        let text: String
        let isURI: Bool
        let ignoresCase: Bool
    }

    /// The most names of one certificate that are looked at.
    private static let nameLimit = 64

    private static func candidates(_ names: CertificateNames) -> [Name] {
        var all = names.uris.map { Name(text: $0, isURI: true, ignoresCase: false) }
        all += names.dnsNames.map { Name(text: $0, isURI: false, ignoresCase: true) }
        if all.isEmpty, let name = names.commonName {
            all.append(Name(text: name, isURI: false, ignoresCase: false))
        }
        return all.prefix(nameLimit).filter { Subject.isName($0.text) }
    }

    /// A pattern with `://` is for URIs only, and any other but `*` for DNS names and common names
    /// only: `*.example.org` must not match `spiffe://elsewhere/x.example.org`.
    private static func matches(_ entry: Entry, _ name: Name) -> Bool {
        let isForAll = entry.pattern.hasBytes(of: "*")
        let isForURIs = ByteSearch("://").occurs(in: entry.pattern)
        guard isForAll || isForURIs == name.isURI else { return false }
        let fold = { (text: String) in name.ignoresCase ? text.lowercasedASCII : text }
        return matches(Array(fold(entry.pattern).utf8), Array(fold(name.text).utf8))
    }

    /// Compares with a pattern; the cost is at most the product of the two lengths.
    private static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var (place, position) = (0, 0)
        /// The place after the last star, and the end of what it stands for so far.
        var retry: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                place += 1
                retry = (place, position)
            } else if place < pattern.count, pattern[place] == text[position] {
                place += 1
                position += 1
            } else if let last = retry {
                retry = (last.place, last.position + 1)
                (place, position) = (last.place, last.position + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
