import Directory
import Events
import Foundation
import GRDB
import Logging
import Synchronization
import TestSupport

/// Keeps what was published.
final class Recorder: EventSink {
    private let events = Mutex<[Event]>([])

    func publish(_ new: [Event]) { events.withLock { $0 += new } }

    var all: [Event] { events.withLock { $0 } }
    var ids: [EventID] { all.map(\.id) }
    var types: [EventType] { all.map(\.type) }

    /// Returns what was published since the last call.
    func take() -> [EventDraft] {
        events.withLock { events in
            defer { events = [] }
            return events.map(\.draft)
        }
    }
}

/// Forgets what is published.
struct Silence: EventSink {
    func publish(_ events: [Event]) {}
}

/// Allows no remote: GatewayTests has the tests of syncs.
struct NoRemotes: RemoteConnector {
    func check(_ url: String) async throws(RemoteError) -> String {
        throw RemoteError(.forbidden, "may not be reached")
    }

    func connect(_ url: String) async throws(RemoteError) -> any RemoteDirectory {
        throw RemoteError(.forbidden, "may not be reached")
    }
}

extension Operations {
    /// The operations on a store in a directory, with a clock that stands still and no log.
    convenience init(
        _ store: Store, in path: String, events: any EventSink = Silence(), at time: Int64 = 0,
        remotes: any RemoteConnector = NoRemotes(), syncPolicy: SyncPolicy = SyncPolicy()
    ) {
        self.init(
            store: store, events: events, signingKey: SigningKeyFile("signing.key", in: path),
            remotes: remotes, syncPolicy: syncPolicy,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { time })
    }
}

extension Operations {
    /// Reads a record, in parts if it is large.
    func pullWhole(_ cid: String) async throws -> Pulled {
        switch try await pull(cid) {
        case .whole(let pulled): return pulled
        case .large(let length):
            var content: [UInt8] = []
            while content.count < length {
                content += try await part(of: cid, from: content.count)
            }
            return Pulled(cid: cid, content: content)
        }
    }
}

/// Returns a path for the data of one test.
func temporaryPath(_ name: String) -> String {
    NSTemporaryDirectory() + "\(name)-\(UUID().uuidString)"
}

/// Changes the database of a data directory, as a gateway would not.
func changeDatabase(in path: String, _ sql: String) throws {
    let queue = try DatabaseQueue(path: path + "/directory.sqlite")
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    try queue.close()
}

/// Returns the JSON of a valid record as bytes.
func recordBytes(_ name: String, version: String = "v1", skill: String = "s") -> [UInt8] {
    Array(record(name, version: version, skills: [skill]).utf8)
}
