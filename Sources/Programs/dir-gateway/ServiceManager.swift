internal import FoundationEssentials
internal import Gateway
internal import Logging
internal import Systemd

/// The service manager that has started the gateway, such as systemd. Without one, nothing happens.
struct ServiceManager: Sendable {
    private let notifier: ServiceNotifier?
    /// The sockets that it has opened.
    let sockets: ActivatedSockets

    /// Reads the environment.
    /// - Throws: `StartFailure` when it names what is not there.
    init() throws {
        let environment = ProcessInfo.processInfo.environment
        do {
            notifier = try ServiceNotifier { environment[$0] }
            sockets = try ActivatedSockets { environment[$0] }
        } catch {
            throw StartFailure(reason: "\(error)")
        }
    }

    /// The settings that the sockets decide.
    var flags: [String: String] {
        var flags: [String: String] = [:]
        flags["listen_address"] = sockets.clientAddress
        flags["admin.listen_address"] = sockets.adminAddress
        return flags
    }

    /// Sends a state and a line for `systemctl status`.
    func notify(_ state: ServiceState?, _ status: String? = nil, _ logger: Logger? = nil) {
        do { try notifier?.send(state, status: status) } catch {
            logger?.warning(
                "the service manager was not notified", metadata: ["reason": "\(error)"])
        }
    }

    /// Sends heartbeats as long as every loop runs, if the service manager expects them. When they
    /// stop, it restarts the gateway.
    func watch(_ gateway: GatewayServer) -> Task<Void, Never>? {
        guard let timeout = notifier?.watchdogTimeout else { return nil }
        return Task {
            while !Task.isCancelled {
                if gateway.stalledLoopCount == 0 { notify(.alive) }
                try? await Task.sleep(for: timeout / 3)
            }
        }
    }
}
