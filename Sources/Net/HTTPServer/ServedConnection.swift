/// A connection as its listener counts it, whatever the version of HTTP. Belongs to the loop's
/// thread.
package protocol ServedConnection: AnyObject {
    /// The other end.
    var peer: Peer { get }

    /// The position in the listener's list, which the listener sets.
    var position: Int { get set }

    /// Whether a request is in flight: its response is not sent completely.
    var isInFlight: Bool { get }

    /// Ends the connection unless a request is in flight; then after its response.
    func endIfIdle()

    /// Times out a request body that has not arrived, so that its request gets a response.
    func timeOutBodies()

    /// Ends the connection at once.
    func end()
}
