import DirectoryClient
import Foundation
import TestSupport
import Testing

@Suite struct DirctlInputTests {
    @Test(
        "what cannot be read is an error, not the end",
        arguments: [
            "dirctl push --ndjson < /", "dirctl push --stdin < /", "dirctl delete --stdin < /",
            "dirctl validate --stdin < /",
        ])
    func unreadable(_ command: String) async throws {
        try await TestGateway.run { gateway in
            let result = try await shell(command, gateway)
            #expect(result.status == 1)
            #expect(
                result.error.hasSuffix("Error: standard input cannot be read: Is a directory\n"))
        }
    }

    @Test func `a file that breaks off is an error after the results of what came before`()
        async throws
    {
        try await TestGateway.run { gateway in
            // The memory of a process cannot be read at 0.
            let result = try await shell("dirctl push --ndjson /proc/self/mem", gateway)
            #expect(result.status == 1)
            #expect(result.error.contains("/proc/self/mem cannot be read: Input/output error\n"))
        }
    }

    @Test func `each byte of a long line is examined once`() {
        var buffer = LineBuffer()
        let part = [UInt8](repeating: 0x61, count: 1 << 16)
        for _ in 0..<512 {
            buffer.append(part)
            #expect(buffer.line() == nil)
        }
        buffer.append([0x0A, 0x62, 0x0A, 0x0A, 0x63])
        #expect(buffer.line()?.count == 512 << 16)
        #expect(buffer.line() == [0x62])
        #expect(buffer.line() == [])
        #expect(buffer.line() == nil)
        #expect(buffer.pending == 1)
        #expect(buffer.examined == 512 << 16 + 5)
        #expect(buffer.rest() == [0x63])
        #expect(buffer.rest() == nil)
    }

    @Test func `a line of tens of megabytes is refused with its number`() async throws {
        try await TestGateway.run { gateway in
            let result = try await shell(
                "{ echo '{'; head -c 33554432 /dev/zero | tr '\\0' a; echo; echo '['; } | dirctl push --ndjson",
                gateway)
            #expect(result.status == 4)
            #expect(result.error.contains("standard input:2: "))
            #expect(result.error.hasSuffix("0 records pushed, 3 refused\n"), "\(result.error)")
        }
    }

    private func shell(_ command: String, _ gateway: TestGateway) async throws -> ProgramResult {
        try await run(
            URL(filePath: "/bin/bash"), ["-c", command],
            environment: [
                "DIRECTORY_CLIENT_SERVER_ADDRESS": gateway.address, "XDG_CONFIG_HOME": "/nowhere",
                "PATH": executable("dirctl").deletingLastPathComponent().path + ":/usr/bin:/bin",
            ])
    }
}
