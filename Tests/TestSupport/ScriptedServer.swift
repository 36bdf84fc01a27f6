import Foundation
import Glibc
import Synchronization

/// A server that answers each connection with the next text of a script, whatever is asked. For
/// what a gateway does only when it is sick.
public final class ScriptedServer: Sendable {
    /// What becomes of a connection.
    public struct Answer: Sendable {
        let text: String
        let holds: Bool

        /// Sends the text and closes the connection.
        public static func close(_ text: String) -> Answer { Answer(text: text, holds: false) }
        /// Sends the text and waits until the client goes.
        public static func hold(_ text: String) -> Answer { Answer(text: text, holds: true) }

        /// A stream of events that begins as the gateway's do.
        public static func stream(_ text: String, holds: Bool = false) -> Answer {
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
            return Answer(text: head + text, holds: holds)
        }

        /// A status without a body.
        public static func status(_ code: Int, _ fields: String = "") -> Answer {
            .close("HTTP/1.1 \(code) X\r\n\(fields)Content-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }

    public let address: String
    private let listener: Descriptor
    private let state = Mutex<(heads: [String], gone: Int)>(([], 0))

    public init(_ answers: [Answer]) throws {
        let (listener, port) = try listenOnLoopback()
        let door = Descriptor(number: listener)
        self.listener = door
        address = "127.0.0.1:\(port)"
        Thread.detachNewThread { [weak self] in
            for answer in answers {
                let client = accept(door.number, nil, nil)
                guard client >= 0 else { return }
                self?.serve(client, answer)
            }
            // A client that comes once more often than the test expects must not wait for ever: 204 ends a
            // stream of events, and the test fails.
            while true {
                let client = accept(door.number, nil, nil)
                guard client >= 0 else { return }
                self?.serve(client, .status(204))
            }
        }
    }

    deinit { shutdown(listener.number, Int32(SHUT_RDWR)) }

    /// Closed when neither the server nor its thread needs it any more: a number that is closed
    /// earlier may belong to another socket by then.
    private final class Descriptor: Sendable {
        let number: Int32

        init(number: Int32) { self.number = number }

        deinit { Glibc.close(number) }
    }

    /// The heads of the requests so far.
    public var heads: [String] { state.withLock { $0.heads } }
    /// How many held connections the client has left.
    public var gone: Int { state.withLock { $0.gone } }

    private func serve(_ client: Int32, _ answer: Answer) {
        var head = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !head.contains("\r\n\r\n") {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            head += String(decoding: buffer[..<count], as: UTF8.self)
        }
        state.withLock { $0.heads.append(head) }
        _ = Array(answer.text.utf8).withUnsafeBytes {
            send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if answer.holds {
            while recv(client, &buffer, buffer.count, 0) > 0 {}
            state.withLock { $0.gone += 1 }
        }
        Glibc.close(client)
    }
}
