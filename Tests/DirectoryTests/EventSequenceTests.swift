import Directory
import Events
import Foundation
import TestSupport
import Testing

/// Ids of events rise in the order of publication, whatever the clock does.
@Suite struct EventSequenceTests {
    private static let hour: Int64 = 3_600_000_000

    /// A Directory on a path, with a clock that stands still.
    private func open(_ path: String, at time: Int64) throws -> (Store, Operations, Recorder) {
        let events = Recorder()
        let store = try Store(path: path, events: events, now: { time })
        return (store, Operations(store, in: path, events: events, at: time), events)
    }

    @Test(arguments: [true, false])
    func `ids rise across a restart with the clock set back`(endsInGoodOrder: Bool) async throws {
        let path = temporaryPath("sequence")
        let copy = path + "-copy"
        defer { for path in [path, copy] { try? FileManager.default.removeItem(atPath: path) } }
        let (store, operations, events) = try open(path, at: 10 * Self.hour)
        let cid = try await operations.push(recordBytes("a")).cid
        // More ids than fit into the milliseconds of the reservation, and some of no change at all.
        for _ in 0..<3 { _ = await operations.push(many: (0..<400).map { recordBytes("r\($0)") }) }
        for _ in 0..<50 { _ = try await operations.pull(cid) }
        try await until { events.ids.count >= 1251 }
        if endsInGoodOrder {
            store.close()
            try FileManager.default.copyItem(atPath: path, toPath: copy)
        } else {
            // What a process that was killed leaves.
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            store.close()
        }
        let (later, operationsLater, eventsLater) = try open(copy, at: 9 * Self.hour)
        _ = try await operationsLater.pull(cid)
        _ = try await operationsLater.push(recordBytes("b"))
        try await until { eventsLater.ids.count >= 2 }
        let ids = events.ids + eventsLater.ids
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
        #expect(
            eventsLater.all.map(\.timestamp) == [9 * Self.hour, 9 * Self.hour])
        later.close()
    }

    @Test func `an orderly end gives back what was reserved`() async throws {
        let path = temporaryPath("sequence")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (store, operations, _) = try open(path, at: 10 * Self.hour)
        _ = try await operations.push(recordBytes("a"))
        store.close()
        // Within the seconds that were reserved: the id shows the clock's time, not a later one.
        let time = 10 * Self.hour + 2_000_000
        let (later, operationsLater, events) = try open(path, at: time)
        _ = try await operationsLater.push(recordBytes("b"))
        let shown = try #require(events.ids.first).description.replacing("-", with: "").prefix(12)
        #expect(Int64(shown, radix: 16) == time / 1000)
        later.close()
    }

    @Test func `events of changes and of reads come in one order, from all callers`() async throws {
        let path = temporaryPath("sequence")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (store, operations, events) = try open(path, at: Self.hour)
        let cid = try await operations.push(recordBytes("a")).cid
        await withTaskGroup { group in
            for worker in 0..<8 {
                group.addTask {
                    for number in 0..<40 {
                        if worker % 2 == 0 {
                            _ = try? await operations.pull(cid)
                        } else {
                            _ = try? await operations.push(recordBytes("\(worker)-\(number)"))
                        }
                    }
                }
            }
        }
        try await until { events.ids.count >= 321 }
        #expect(events.ids == events.ids.sorted())
        #expect(Set(events.ids).count == 321)
        store.close()
    }
}
