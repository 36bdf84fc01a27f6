internal import Directory
internal import Upstream

/// Whether the gateway can serve requests. Can be used from any thread.
struct Health: Sendable {
    let store: Store
    let upstream: UpstreamDirectory?
    let loops: LoopGroup
    let admission: Admission

    /// Returns the reasons why the gateway is not ready; none when it is. Tries a real write.
    func reasons() async -> [String] {
        var reasons: [String] = []
        if admission.isDraining { reasons.append("the gateway is shutting down") }
        let stalled = loops.stalledCount
        if stalled > 0 { reasons.append("blocked loops: \(stalled)") }
        if let upstream, let fault = upstream.status.figures.fault {
            reasons.append("the upstream \(upstream.address) is unavailable: \(fault)")
        }
        let store = store
        let deadline = ContinuousClock.now + .milliseconds(2500)
        let fault = await Deadline.result(by: deadline) { () async -> String? in
            do { try await store.check() } catch { return "the store is unavailable: \(error)" }
            return nil
        }
        switch fault {
        case nil: reasons.append("the store does not respond in time")
        case .some(let reason): if let reason { reasons.append(reason) }
        }
        return reasons
    }
}
