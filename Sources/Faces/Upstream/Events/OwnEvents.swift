package import Events
internal import Synchronization
internal import Text

/// The events of types that the upstream does not emit, for operations that came through this gateway.
///
/// An event must not be emitted by both. Who emits a type is known from what the upstream says of
/// itself (`directory-event-types`, as another gateway does), or is found out: the first event of a
/// type waits for a time, in which the upstream's own would arrive.
package actor OwnEvents {
    /// Who emits events of a type.
    private enum Emitter { case unknown, upstream, gateway }

    /// The types that some Directories emit and others do not. All others are the upstream's.
    static let types: [EventType] = [
        .syncCreated, .syncCompleted, .syncFailed, .recordSigned, .publicKeyUploaded,
    ]

    /// The name of the response metadata in which a gateway lists the types that it emits.
    static let announcement = "directory-event-types"

    private var emitters: [EventType: Emitter] = [:]
    /// The last of the events that were posted.
    private let last = Mutex<Task<Void, Never>?>(nil)
    private let emit: @Sendable ([EventDraft]) async -> Void
    private let wait: @Sendable () async -> Void

    /// Makes it for an upstream of which nothing is known.
    /// - Parameters:
    ///   - emit: gives events their ids, and publishes them.
    ///   - wait: waits as long as an event of the upstream may take.
    package init(
        emit: @escaping @Sendable ([EventDraft]) async -> Void,
        wait: @escaping @Sendable () async -> Void
    ) {
        self.emit = emit
        self.wait = wait
    }

    /// A stream of the upstream has begun.
    /// - Parameter announced: the value of its metadata; nil when it has sent none.
    package func begin(announced: String?) {
        // It may be another program than before.
        emitters = [:]
        guard let announced else { return }
        let names = announced.fields(on: UInt8(ascii: ",")).map(\.trimmedASCII)
        for type in Self.types {
            emitters[type] = names.contains(bytesOf: type.shortName) ? .upstream : .gateway
        }
    }

    /// Events of these types have arrived from the upstream.
    package func arrived(_ types: Set<EventType>) {
        for type in types { emitters[type] = .upstream }
    }

    /// Adds events without waiting for them. They are emitted in the order of the calls.
    nonisolated func post(_ drafts: [EventDraft]) {
        last.withLock { last in
            let before = last
            last = Task {
                await before?.value
                await add(drafts)
            }
        }
    }

    /// Emits those of the events that the upstream does not emit itself, in their order.
    package func add(_ drafts: [EventDraft]) async {
        if drafts.contains(where: { emitter($0.type) == .unknown }) { await wait() }
        var mine: [EventDraft] = []
        for draft in drafts where emitter(draft.type) != .upstream {
            emitters[draft.type] = .gateway
            mine.append(draft)
        }
        if !mine.isEmpty { await emit(mine) }
    }

    /// Returns whether events of a type may have to be emitted here.
    func mayEmit(_ type: EventType) -> Bool { emitter(type) != .upstream }

    private func emitter(_ type: EventType) -> Emitter { emitters[type] ?? .unknown }
}
