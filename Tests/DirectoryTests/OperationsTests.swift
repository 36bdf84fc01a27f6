import Directory
import Events
import Foundation
import Records
import TestSupport
import Testing

private final class Fixture {
    let path = temporaryPath("directory")
    let events = Recorder()
    let operations: Operations

    init() throws {
        let store = try Store(path: path, events: events, now: { 1_760_797_395_000_000 })
        operations = Operations(store, in: path, events: events, at: 1_760_797_395_000_000)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// What was published since the last call, reads included: they are published in the queue of the
    /// changes, so a change ends the wait for them.
    func published() async throws -> [EventDraft] {
        try await operations.delete(otherAbsentCID)
        var drafts = events.take()
        #expect(drafts.popLast() == EventDraft(.recordDeleted, otherAbsentCID))
        return drafts
    }

    func push(_ names: String...) async throws -> [String] {
        var cids: [String] = []
        for name in names { cids.append(try await operations.push(recordBytes(name)).cid) }
        _ = events.take()
        return cids
    }
}

@Suite struct OperationsTests {
    private let fixture: Fixture
    private var operations: Operations { fixture.operations }

    init() throws { fixture = try Fixture() }

    @Test func `a push is new once, and heard every time`() async throws {
        let first = try await operations.push(recordBytes("a"))
        let second = try await operations.push(recordBytes("a"))
        #expect(first.isNew && !second.isNew && first.cid == second.cid)
        let draft = EventDraft(.recordPushed, first.cid, labels: ["/skills/s"])
        #expect(fixture.events.take() == [draft, draft])
    }

    @Test func `what is read back is canonical and hashes to its name`() async throws {
        let pushed = try await operations.push(
            Array(
                String(decoding: recordBytes("é <b>"), as: UTF8.self).replacing(
                    ",", with: " ,\n"
                ).utf8))
        _ = fixture.events.take()
        let pulled = try await operations.pullWhole(pushed.cid)
        #expect(CID.of(pulled.content) == pushed.cid)
        #expect(
            try await fixture.published()
                == [EventDraft(.recordPulled, pushed.cid, labels: ["/skills/s"])])
    }

    @Test func `a bad record among many is refused alone, and the order is kept`() async throws {
        let results = await operations.push(many: [
            recordBytes("a"), Array("{".utf8), recordBytes("b"), Array("{}".utf8),
            recordBytes("a"),
        ])
        let isNew = results.map { result in try? result.get().isNew }
        #expect(isNew == [true, nil, true, nil, false])
        #expect(fixture.events.take().count == 3)
    }

    @Test func `looking a record up is no pull`() async throws {
        let cid = try await fixture.push("a")[0]
        let info = try await operations.info(cid)
        #expect(info.labels == ["/skills/s"])
        #expect(info.size == recordBytes("a").count)
        #expect(try await fixture.published() == [])
    }

    @Test func `a delete is heard, also of what was never stored`() async throws {
        let cid = try await fixture.push("a")[0]
        try await operations.delete(cid)
        try await operations.delete(cid)
        try await operations.delete(absentCID)
        #expect(
            fixture.events.take() == [
                EventDraft(.recordDeleted, cid), EventDraft(.recordDeleted, cid),
                EventDraft(.recordDeleted, absentCID),
            ])
        await #expect(throws: DirectoryError.notFound([cid])) { try await operations.pull(cid) }
    }

    @Test func `a delete takes publication and labels along`() async throws {
        let cid = try await fixture.push("a")[0]
        _ = try await operations.publish(.cids([cid]))
        try await operations.delete(cid)
        _ = try await operations.push(recordBytes("a"))
        let page = try await operations.list(RecordListing())
        #expect(page.items.map(\.isPublished) == [false])
        #expect(page.items.map(\.labels) == [["/skills/s"]])
    }

    @Test func `publishing is heard each time, and is all or nothing`() async throws {
        let cids = try await fixture.push("a", "b")
        #expect(try await operations.publish(.cids(cids)) == cids)
        #expect(try await operations.publish(.cids([cids[0]])) == [cids[0]])
        let events = fixture.events.take()
        #expect(events.map(\.resourceID) == cids + [cids[0]])
        #expect(events.allSatisfy { $0.type == .recordPublished && $0.labels == ["/skills/s"] })

        let others = try await fixture.push("c")
        await #expect(throws: DirectoryError.notFound([absentCID, otherAbsentCID])) {
            try await operations.publish(.cids([others[0], absentCID, otherAbsentCID]))
        }
        #expect(fixture.events.take() == [])
        var listing = RecordListing()
        listing.published = true
        #expect(Set(try await operations.list(listing).items.map(\.cid)) == Set(cids))
    }

    @Test func `records are published all together or by a part of a label`() async throws {
        _ = try await operations.push(recordBytes("a", skill: "vision/ocr"))
        _ = try await operations.push(recordBytes("b", skill: "speech"))
        #expect(try await operations.publish(.labels(["OCR"])).count == 0)
        #expect(try await operations.publish(.labels(["vision"])).count == 1)
        #expect(try await operations.publish(.all).count == 2)
    }

    @Test func `a selection of very many labels is no trouble`() async throws {
        _ = try await fixture.push("a")
        let labels = (0..<998).map { "label \($0)" }
        #expect(try await operations.publish(.labels(labels + ["\0", "\0/s"])).isEmpty)
        #expect(try await operations.publish(.labels(labels + ["\"s", "/s"])).count == 1)
        await #expect(throws: DirectoryError.self) {
            try await operations.publish(.labels(labels + ["a", "b", "c"]))
        }
    }

    @Test func `withdrawing is heard, also of what was never published`() async throws {
        let cid = try await fixture.push("a")[0]
        #expect(try await operations.unpublish([cid]) == [cid])
        #expect(fixture.events.take() == [EventDraft(.recordUnpublished, cid)])
        await #expect(throws: DirectoryError.notFound([absentCID])) {
            try await operations.unpublish([cid, absentCID])
        }
        #expect(fixture.events.take() == [])
    }

    @Test func `pages do not shift while records come in`() async throws {
        let cids = try await fixture.push("a", "b", "c", "d", "e")
        var listing = RecordListing()
        listing.limit = 2
        var seen: [String] = []
        repeat {
            let page = try await operations.list(listing)
            seen += page.items.map(\.cid)
            listing.after = page.next
            _ = try await fixture.push("new \(seen.count)")
        } while listing.after != nil
        #expect(seen == cids.reversed())
    }

    @Test func `a page ends early when its labels are many, and none is passed over`() async throws
    {
        let cids = try await fixture.push("a", "b", "c", "d", "e")
        var listing = RecordListing()
        listing.textBytes = 15  // each has a label of 9 bytes and a short name: two fill a page
        var pages: [[String]] = []
        repeat {
            let page = try await operations.list(listing)
            pages.append(page.items.map(\.cid))
            listing.after = page.next
        } while listing.after != nil
        #expect(pages.map(\.count) == [2, 2, 1])
        #expect(pages.flatMap(\.self) == cids.reversed())
    }

    @Test func `a listing is filtered by label, name, version and publication`() async throws {
        _ = try await operations.push(recordBytes("org/Alpha[1]", version: "v1.2", skill: "x/y"))
        _ = try await operations.push(recordBytes("org/beta", version: "v2.0", skill: "x/z"))
        func names(_ change: (inout RecordListing) -> Void) async throws -> [String] {
            var listing = RecordListing()
            change(&listing)
            return try await operations.list(listing).items.map(\.name)
        }
        #expect(try await names { $0.labels = ["/skills/x"] }.count == 2)
        #expect(try await names { $0.labels = ["y", "nothing"] } == ["org/Alpha[1]"])
        #expect(try await names { $0.names = ["ORG/ALPHA[1]"] } == ["org/Alpha[1]"])
        #expect(try await names { $0.names = ["*[1]"] } == ["org/Alpha[1]"])
        #expect(try await names { $0.names = ["org/b?ta"] } == ["org/beta"])
        #expect(try await names { $0.names = ["org"] } == [])
        #expect(try await names { $0.versions = ["v2.*"] } == ["org/beta"])
        #expect(try await names { $0.published = true } == [])
        await #expect(throws: DirectoryError.self) { try await names { $0.after = "!" } }
    }

    @Test func `a NUL in a name is kept, and cuts nothing short`() async throws {
        let cid = try await operations.push(recordBytes("a\\u0000b", skill: "s\\u0000t")).cid
        let page = try await operations.list(RecordListing())
        #expect(page.items.map(\.name) == ["a\0b"])
        #expect(page.items.map(\.labels) == [["/skills/s\0t"]])
        await #expect(throws: DirectoryError.self) { try await operations.delete(cid + "\0") }
        #expect(try await operations.info(cid).cid == cid)
    }

    @Test func `concurrent pushes are all stored, and heard in one order`() async throws {
        try await withThrowingTaskGroup { group in
            for number in 0..<200 {
                let record = recordBytes("r\(number)")
                let operations = operations
                group.addTask { _ = try await operations.push(record) }
            }
            try await group.waitForAll()
        }
        let heard = fixture.events.take().map(\.resourceID)
        #expect(Set(heard).count == 200)
        var listing = RecordListing()
        listing.limit = 1000
        // Newest first, as stored: the events tell the same story.
        #expect(try await operations.list(listing).items.map(\.cid) == heard.reversed())
    }

    @Test func `a second gateway on the same data is refused`() throws {
        #expect(throws: DirectoryError.self) {
            try Store(path: fixture.path, events: Recorder(), now: { 0 })
        }
    }
}
