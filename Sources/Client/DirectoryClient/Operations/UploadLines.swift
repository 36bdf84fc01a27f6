internal import NIOCore
internal import Synchronization

/// The lines of an upload.
///
/// When the source throws, the upload ends normally and the error is kept, because the results of the
/// lines before have not arrived yet.
struct UploadLines<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Base.Element == [UInt8] {
    fileprivate final class Outcome: Sendable {
        let fault = Mutex<(any Error)?>(nil)
    }

    private let base: Base
    private let outcome = Outcome()

    init(_ base: Base) { self.base = base }

    /// Why the source ended early.
    var fault: (any Error)? { outcome.fault.withLock { $0 } }

    func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator(), outcome: outcome)
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var base: Base.AsyncIterator
        fileprivate let outcome: Outcome

        mutating func next(isolation actor: isolated (any Actor)?) async -> ByteBuffer? {
            do {
                guard let line = try await base.next(isolation: actor) else { return nil }
                var buffer = ByteBuffer(bytes: line)
                buffer.writeInteger(0x0A as UInt8)
                return buffer
            } catch {
                outcome.fault.withLock { $0 = error }
                return nil
            }
        }
    }
}
