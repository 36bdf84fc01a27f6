internal import Events
internal import GRDB
internal import Synchronization
internal import Text

/// What waits in the commit queue: a change, or events of what changes nothing.
struct CommitJob: Sendable {
    typealias Work = @Sendable (Database, inout EventLogWriter) throws -> Outcome

    /// Makes the change; nil when there is none, and the outcome is known.
    let change: Work?
    /// The outcome without a change.
    let outcome: Outcome?
    /// Whether the change only tries whether the store can be written.
    let isTrial: Bool
    /// Responds that the change was not made.
    let fail: @Sendable (DirectoryError) -> Void

    /// The result of a job: what is published, then `succeed` responds.
    struct Outcome: Sendable {
        var events: [EventDraft] = []
        /// Events that have their ids and times from elsewhere.
        var relayed: [Event] = []
        var bulk: BulkEvents?
        let succeed: @Sendable () -> Void
    }

    /// A change.
    init(
        isTrial: Bool = false, _ change: @escaping Work,
        fail: @escaping @Sendable (DirectoryError) -> Void
    ) {
        (self.change, outcome, self.isTrial, self.fail) = (change, nil, isTrial, fail)
    }

    /// Events without a change. They are published in any case.
    init(announcing outcome: Outcome) {
        (change, self.outcome, isTrial, fail) = (nil, outcome, false, { _ in })
    }

    /// Makes the change. Returns the error of a change that changed nothing; every other error ends
    /// the whole commit.
    func attempt(_ database: Database, _ log: inout EventLogWriter) throws
        -> Result<Outcome, any Error>
    {
        if let outcome { return .success(outcome) }
        guard let change else { return .failure(CancellationError()) }
        let before = database.totalChangesCount
        do { return .success(try change(database, &log)) } catch let error as DirectoryError
            where database.totalChangesCount == before
        {
            return .failure(error)
        }
    }
}

/// The events of one change that are too many to hold at once. They are made in slices: in the
/// transaction for the event log, and after the commit for the subscribers.
struct BulkEvents: Sendable {
    /// How many events there are.
    let count: Int
    /// Makes some of them, the same each time before the next change.
    let make: @Sendable (Range<Int>, Database) -> [EventDraft]

    private static let sliceCount = 64

    /// The slices, in order.
    var slices: [Range<Int>] {
        stride(from: 0, to: count, by: Self.sliceCount).map {
            $0..<min($0 + Self.sliceCount, count)
        }
    }

    /// Makes the events of a slice.
    /// - Parameter stamps: for all events.
    func events(_ slice: Range<Int>, _ stamps: EventStamps, _ database: Database) -> [Event] {
        zip(make(slice, database), stamps.ids[slice]).map { draft, id in
            Event(draft, id: id, timestamp: stamps.time)
        }
    }
}

/// Ids for events, and their time in microseconds since 1970.
struct EventStamps: Sendable {
    let ids: [EventID]
    let time: Int64
}

/// What a transaction has come to.
struct Committed {
    private(set) var results: [Result<CommitJob.Outcome, any Error>] = []
    private var finished: [Part] = []
    private var events: [Event] = []
    private var place: EventPlace?
    var reservation: Int64?
    var log: EventLogWriter
    /// How many events were added.
    private(set) var eventCount = 0

    /// What is published after the commit. With the place of the first event in the log.
    enum Part {
        case events([Event], EventPlace?)
        case bulk(BulkEvents, EventStamps, EventPlace?)
    }

    init(log: EventLogWriter) { self.log = log }

    /// What is published, in order. Events that follow each other leave together.
    var parts: [Part] { events.isEmpty ? finished : finished + [.events(events, place)] }

    /// Adds the result of a change that changed nothing.
    mutating func append(failure error: any Error) { results.append(.failure(error)) }

    /// Adds the outcome of a job, with its events.
    mutating func append(
        _ outcome: CommitJob.Outcome, _ sequence: borrowing Mutex<EventSequence>,
        _ database: Database
    ) throws {
        results.append(.success(outcome))
        try append(sequence.withLock { $0.events(outcome.events) }, database)
        try append(outcome.relayed, database)
        if let bulk = outcome.bulk, bulk.count > 0 {
            try append(bulk, sequence.withLock { $0.stamps(bulk.count) }, database)
        }
    }

    private mutating func append(_ more: [Event], _ database: Database) throws {
        guard !more.isEmpty else { return }
        let first = try log.append(more, database)
        // Not together with events from before the log was turned on, which have no place.
        if !events.isEmpty, place.isNil != first.isNil { (finished, events) = (parts, []) }
        if events.isEmpty { place = first }
        events += more
        eventCount += more.count
    }

    private mutating func append(
        _ bulk: BulkEvents, _ stamps: EventStamps, _ database: Database
    ) throws {
        finished = parts
        events = []
        var place: EventPlace?
        for slice in log.isOn ? bulk.slices : [] {
            let first = try log.append(bulk.events(slice, stamps, database), database)
            place = place ?? first
        }
        finished.append(.bulk(bulk, stamps, place))
        eventCount += bulk.count
    }
}
