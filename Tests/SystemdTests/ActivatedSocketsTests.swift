import Glibc
import Systemd
import Testing

/// Opens a TCP socket of 127.0.0.1 at a number of descriptor.
private func open(at number: Int32, listens: Bool = true) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    if listens { _ = listen(descriptor, 10) }
    dup2(descriptor, number)
    close(descriptor)
    return number
}

/// Each test has numbers of its own.
@Suite struct ActivatedSocketsTests {
    private func sockets(_ first: Int32, _ variables: [String: String]) throws -> ActivatedSockets {
        let all = ["LISTEN_PID": "\(getpid())"].merging(variables) { $1 }
        return try ActivatedSockets(first: first) { all[$0] }
    }

    @Test func `sockets with the name admin are for probes, the others for clients`() throws {
        for number in 800..<803 { _ = open(at: Int32(number)) }
        let found = try sockets(
            800, ["LISTEN_FDS": "3", "LISTEN_FDNAMES": "dir-gateway.socket:admin:"])
        #expect(found.clients.map(\.descriptor) == [800, 802])
        #expect(found.admin.map(\.descriptor) == [801])
        #expect(found.clientAddress == found.clients[0].address.description)
        #expect(found.clients[0].address.host == "127.0.0.1")
        #expect(found.clients[0].address.port != 0)
        for number in 800..<803 {
            #expect(fcntl(Int32(number), F_GETFD) & FD_CLOEXEC != 0, "not for other programs")
        }
        found.close()
        for number in 800..<803 { #expect(fcntl(Int32(number), F_GETFD) == -1) }
    }

    @Test func `without names every socket is for clients`() throws {
        _ = open(at: 810)
        let found = try sockets(810, ["LISTEN_FDS": "1"])
        #expect(found.clients.count == 1 && found.admin.isEmpty)
        #expect(found.adminAddress == nil)
        found.close()
    }

    @Test func `what was opened for another process is left alone`() throws {
        _ = open(at: 820)
        for process in ["1", "", "x"] {
            let found = try sockets(820, ["LISTEN_FDS": "1", "LISTEN_PID": process])
            #expect(found.clients.isEmpty && found.clientAddress == nil)
        }
        #expect(try sockets(820, [:]).clients.isEmpty)
        #expect(fcntl(820, F_GETFD) != -1)
        close(820)
    }

    @Test func `a descriptor that cannot be listened on is refused with its number`() throws {
        close(830)
        #expect(throws: (any Error).self) { try sockets(830, ["LISTEN_FDS": "1"]) }
        _ = open(at: 830, listens: false)
        let error = #expect(throws: ActivatedSockets.Fault.self) {
            try sockets(830, ["LISTEN_FDS": "1"])
        }
        #expect(error?.description.contains("830") == true)
        close(830)
    }

    @Test func `a number or names that do not fit are refused`() throws {
        _ = open(at: 840)
        for number in ["-1", "many", "257", "99999999999999999999"] {
            #expect(throws: ActivatedSockets.Fault.self) {
                try sockets(840, ["LISTEN_FDS": number])
            }
        }
        #expect(throws: ActivatedSockets.Fault.self) {
            try sockets(840, ["LISTEN_FDS": "1", "LISTEN_FDNAMES": "a:b"])
        }
        #expect(try sockets(840, ["LISTEN_FDS": "0", "LISTEN_FDNAMES": ""]).clients.isEmpty)
        close(840)
    }
}
