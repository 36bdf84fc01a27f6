import Events
import Synchronization
import Testing
import Upstream

/// Who emits the events that not every Directory emits.
@Suite struct OwnEventsTests {
    /// What was emitted, and how often that had to be waited for.
    private final class Log: Sendable {
        let events = Mutex<[EventType]>([])
        let waits = Mutex(0)

        var types: [EventType] { events.withLock { $0 } }
        var waitCount: Int { waits.withLock { $0 } }
    }

    private let drafts = [
        EventDraft(.publicKeyUploaded, "key"), EventDraft(.recordSigned, "cid"),
    ]

    private func make(_ log: Log, during wait: @escaping @Sendable () async -> Void = {})
        -> OwnEvents
    {
        OwnEvents(emit: { drafts in log.events.withLock { $0 += drafts.map(\.type) } }) {
            log.waits.withLock { $0 += 1 }
            await wait()
        }
    }

    @Test func `an upstream that emits all types is not doubled`() async {
        let log = Log()
        let own = make(log)
        await own.begin(announced: "RECORD_PUSHED, RECORD_SIGNED,PUBLIC_KEY_UPLOADED")
        await own.add(drafts)
        #expect(log.types.isEmpty && log.waitCount == 0)
    }

    @Test func `types that are not announced are emitted at once`() async {
        let log = Log()
        let own = make(log)
        await own.begin(announced: "RECORD_PUSHED")
        await own.add(drafts)
        #expect(log.types == [.publicKeyUploaded, .recordSigned] && log.waitCount == 0)
    }

    @Test func `an upstream that says nothing is waited for once`() async {
        let log = Log()
        let own = make(log)
        await own.begin(announced: nil)
        for _ in 0..<3 { await own.add(drafts) }
        #expect(log.types.count == 6 && log.waitCount == 1)
    }

    @Test func `an event that arrives while it is waited for shows who emits its type`() async {
        let log = Log()
        let late = Mutex<OwnEvents?>(nil)
        let own = make(log) { await late.withLock { $0 }?.arrived([.recordSigned]) }
        late.withLock { $0 = own }
        await own.begin(announced: nil)
        await own.add(drafts)
        #expect(log.types == [.publicKeyUploaded])
        await own.add(drafts)
        #expect(log.types == [.publicKeyUploaded, .publicKeyUploaded])
    }
}
