internal import Crypto
internal import FoundationEssentials
internal import HTTPServer
internal import HTTPTypes
internal import Synchronization
internal import Text

/// The files of the dashboard, in memory: no request reads the disk, and a file that is added later is
/// not served before a reload.
public final class Dashboard: Sendable {
    private struct File: Sendable {
        let type: String
        let tag: String
        let bytes: [UInt8]
    }

    /// The most bytes of a file; larger files are not served.
    private static let sizeLimit = 8 << 20
    private static let types: [ExactString: String] = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8", "svg": "image/svg+xml", "png": "image/png",
        "ico": "image/x-icon", "json": "application/json", "txt": "text/plain; charset=utf-8",
        "webmanifest": "application/manifest+json", "woff2": "font/woff2",
    ]

    private let directory: String
    private let files = Mutex<[ExactString: File]>([:])

    /// Reads the files.
    /// - Parameter directory: the directory of the files; it may be missing.
    public init(directory: String) {
        self.directory = directory
        reload()
    }

    /// The number of files.
    public var count: Int { files.withLock { $0.count } }

    /// Reads the files again. Blocks the thread, so never call it on a loop.
    public func reload() {
        var found: [ExactString: File] = [:]
        let manager = FileManager.default
        for path in (try? manager.subpathsOfDirectory(atPath: directory)) ?? [] {
            let name = path.split(on: UInt8(ascii: "/")).last ?? ""
            let ending = name.split(on: UInt8(ascii: ".")).last ?? ""
            guard !name.hasBytePrefix("."), let type = Self.types[ExactString(ending)],
                let data = manager.contents(atPath: "\(directory)/\(path)"),
                data.count <= Self.sizeLimit
            else { continue }
            let digest = SHA256.hash(data: data).prefix(12)
            let tag = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                .joined()
            found[ExactString("/" + path)] = File(
                type: type, tag: "\"\(tag)\"", bytes: [UInt8](data))
        }
        files.withLock { $0 = found }
    }

    /// Returns the file at a path; `/` is the index, and `/docs` is `/docs.html`. Returns nil when
    /// there is none.
    func response(_ path: String, ifNoneMatch: String?) -> Response? {
        let key = ExactString(path.hasByteSuffix("/") ? path + "index.html" : path)
        guard let file = files.withLock({ $0[key] ?? $0[ExactString(path + ".html")] }) else {
            return nil
        }
        var fields: HTTPFields = [
            .contentType: file.type, .eTag: file.tag, .cacheControl: "no-cache",
            .xContentTypeOptions: "nosniff",
        ]
        if let policy = HTTPField.Name("Content-Security-Policy") {
            fields[policy] =
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        }
        if let policy = HTTPField.Name("Referrer-Policy") { fields[policy] = "no-referrer" }
        if ETag.matches(ifNoneMatch, file.tag) {
            return Response(status: .notModified, fields: fields)
        }
        return Response(status: .ok, fields: fields, body: file.bytes)
    }
}

/// Entity tags (RFC 9110 §8.8.3, §13.1.2).
enum ETag {
    /// Returns whether an `If-None-Match` field names this tag. Weak tags are equal here.
    static func matches(_ field: String?, _ tag: String) -> Bool {
        guard let field else { return false }
        return field.commaSeparated.contains { ["*", tag, "W/" + tag].contains(bytesOf: $0) }
    }
}
