internal import ArgumentParser
internal import Gateway
internal import Glibc
internal import Logging
internal import Synchronization
internal import Systemd

/// Runs the gateway until a signal ends it.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start the gateway (the default).",
        discussion: """
            SIGTERM and SIGINT shut it down gracefully, a second one immediately. SIGHUP reloads the \
            log level, the certificates, auth.tokens, auth.certificates and the files of the dashboard.

            Under systemd, the gateway notifies it of its state (Type=notify), and uses the sockets \
            of a socket unit instead of listen_address.

            Example: dir-gateway serve --config /etc/agntcy/dir/server.config.yml --log-level debug
            """)

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        let manager = try ServiceManager()
        do { try await run(manager) } catch {
            manager.notify(nil, "did not start: \(error)")
            throw error
        }
    }

    private func run(_ manager: ServiceManager) async throws {
        let reader = try options.reader(overrides: manager.flags)
        let settings = try Settings(reader)
        let log = Log(settings)
        for name in reader.unknownVariables {
            log.logger.warning(
                "a variable looks like a setting, but is not one", metadata: ["name": "\(name)"])
        }
        for key in reader.ignoredKeys {
            log.logger.warning(
                "a setting of the upstream Directory has no effect here",
                metadata: ["name": "\(key.name)", "place": "\(key.origin)"])
        }
        let gateway: GatewayServer
        do {
            gateway = try await GatewayServer.start(
                settings, sockets: manager.sockets, logger: log.logger)
        } catch {
            throw StartFailure(reason: "\(error)")
        }
        let (signals, continuation) = AsyncStream.makeStream(of: Int32.self)
        let isEnding = Atomic(false)
        try gateway.onSignals([SIGTERM, SIGINT, SIGHUP]) { signal in
            if signal != SIGHUP, isEnding.exchange(true, ordering: .relaxed) {
                _exit(128 + signal)
            }
            continuation.yield(signal)
            guard signal != SIGHUP else { return }
            // Ends the process even when everything is blocked: acknowledged changes are on the disk.
            gateway.watchdog(after: settings.drainTimeout + .seconds(1)) { _exit(0) }
        }
        let scheme = gateway.isSecure ? "https" : "http"
        let url = gateway.addresses.map { "\(scheme)://\($0)" }.joined(separator: " ")
        log.logger.info(
            "listening", metadata: ["url": "\(url)", "data_dir": "\(settings.dataDirectory)"])
        let status =
            gateway.storeFault.map { "the store is read-only: \($0)" } ?? "listening on \(url)"
        manager.notify(.ready, status, log.logger)
        let watch = manager.watch(gateway)
        if let fault = gateway.storeFault {
            log.logger.error("the store is read-only", metadata: ["reason": "\(fault)"])
        }
        if gateway.dashboardFileCount == 0 {
            log.logger.notice(
                "no dashboard: the directory has no files",
                metadata: ["dashboard.directory": "\(settings.dashboardDirectory)"])
        }
        for await signal in signals {
            if signal == SIGHUP {
                manager.notify(.reloading, "reloading", log.logger)
                reload(gateway, log, manager)
                manager.notify(.ready, status, log.logger)
            } else {
                log.logger.info("shutting down", metadata: ["timeout": "\(settings.drainTimeout)"])
                manager.notify(.stopping, "shutting down", log.logger)
                watch?.cancel()
                await gateway.shutdown()
                continuation.finish()
            }
        }
        log.logger.info("stopped")
        log.writer.flush()
    }

    private func reload(_ gateway: GatewayServer, _ log: Log, _ manager: ServiceManager) {
        do {
            let settings = try Settings(try options.reader(overrides: manager.flags))
            try gateway.reload(settings)
            log.threshold.current = settings.logLevel
            log.logger.info("log level, dashboard, certificates and tokens reloaded")
        } catch {
            log.logger.error("reload failed: nothing was changed", metadata: ["reason": "\(error)"])
        }
    }
}

/// The gateway could not start.
struct StartFailure: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}
