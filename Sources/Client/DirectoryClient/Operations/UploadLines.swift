internal import NIOCore
internal import Synchronization

/// Lines on their way to the gateway.
///
/// A fault of the source ends the upload in good order and is kept: the results of what was sent
/// before are still to come.
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
