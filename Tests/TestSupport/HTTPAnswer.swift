import Foundation

/// An answer as a test looks at it.
public struct HTTPAnswer: Sendable {
    public let status: Int
    /// By lower-case name; of repeated fields the last.
    public let fields: [String: String]
    public let body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object.
    public var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
    }
}

extension SocketClient {
    /// Sends a request and reads its answer.
    public func request(
        _ method: String, _ target: String, fields: [String: String] = [:], body: String? = nil,
        version: String = "HTTP/1.1"
    ) async throws -> HTTPAnswer {
        var text = "\(method) \(target) \(version)\r\nHost: test\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        try await send(text + "\r\n" + (body ?? ""))
        return try await answer(toHead: method == "HEAD")
    }

    /// Reads an answer with its body.
    public func answer(toHead: Bool = false) async throws -> HTTPAnswer {
        let (status, fields) = try await head()
        if toHead || status == 204 || status == 304 {
            return HTTPAnswer(status: status, fields: fields, body: [])
        }
        var body: [UInt8] = []
        if let length = fields["content-length"].flatMap({ Int($0) }) {
            body = try await read(count: length)
        } else if fields["transfer-encoding"] == "chunked" {
            while let chunk = try await chunk() { body += chunk }
        } else {
            body = try await readToEnd()
        }
        return HTTPAnswer(status: status, fields: fields, body: body)
    }

    /// Reads status line and fields.
    public func head() async throws -> (status: Int, fields: [String: String]) {
        let lines = try await read(through: "\r\n\r\n").components(separatedBy: "\r\n")
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1)
            guard halves.count == 2 else { continue }
            fields[halves[0].lowercased()] = halves[1].trimmingCharacters(in: .whitespaces)
        }
        return (status, fields)
    }

    /// Reads one chunk; nil at the last.
    public func chunk() async throws -> [UInt8]? {
        let line = try await read(through: "\r\n").dropLast(1)
        guard let size = Int(line, radix: 16) else {
            throw Failure(description: "no chunk: \(line)")
        }
        let bytes = try await read(count: size + 2)
        return size == 0 ? nil : Array(bytes.dropLast(2))
    }
}
