package import Events
package import HTTPServer
package import HTTPTypes

/// What the gRPC face needs of the gateway that it belongs to: who may call, where events come from,
/// and what is recorded. One for each loop; belongs to the loop.
package protocol GRPCHost: AnyObject {
    /// Checks who makes a call, and whether it is admitted.
    /// - Throws: the status that refuses it.
    func admit(_ method: GRPCMethod, _ call: GRPCCall) async throws(GRPCStatus)

    /// Returns where in the event log the stream of a call begins, by its metadata `last-event-id` or
    /// `since`; nil when the client only wants what is to come.
    /// - Throws: INVALID_ARGUMENT, with the name of the entry, for what is not an id or a time.
    func start(of call: GRPCCall) async throws -> EventLogStart?

    /// Subscribes the client of a call to events, and sends the header of its response at once: when it
    /// arrives, the subscription is live.
    /// - Parameters:
    ///   - start: where the stream begins; nil for one that is live from its start.
    ///   - wantsNotices: whether the client receives messages for dropped events and for a reset.
    ///   - trailers: end the stream when the gateway ends it.
    /// - Throws: the status that refuses the stream. The exchange is then not used.
    func subscribe(
        _ call: GRPCCall, filter: EventFilter, from start: EventLogStart?, wantsNotices: Bool,
        fields: HTTPFields, trailers: HTTPFields
    ) throws(GRPCStatus)

    /// Counts a call that stays open and is no subscription. `releaseStream` must be called at its end.
    /// - Throws: the status that refuses it.
    func admitStream(_ peer: Peer) throws(GRPCStatus)

    /// Uncounts a call that was counted by `admitStream`.
    func releaseStream(_ peer: Peer)

    /// Records a call that has ended.
    /// - Parameters:
    ///   - subject: who made it; nil when that is not known.
    ///   - method: its name as a label of the metrics.
    func record(
        _ head: RequestHead, _ peer: Peer, subject: String?, method: String, _ status: GRPCStatus,
        bytes: Int,
        began: Duration)

    /// Logs an error that is a fault of the gateway.
    func report(_ error: any Error)

    /// Whether the gateway is shutting down.
    var isDraining: Bool { get }

    /// The monotonic clock.
    var now: Duration { get }
}
