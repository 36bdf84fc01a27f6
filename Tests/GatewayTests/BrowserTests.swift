import Foundation
import TestSupport
import Testing

@Suite struct BrowserTests {
    /// `Tests/Clients/browser.py`: the module and the dashboard in headless Chromium.
    @Test func `the module for browsers works in one`() async throws {
        let result = try await run(
            URL(filePath: repository + "/.venv/bin/python"),
            [
                repository + "/Tests/Clients/browser.py", executable("dir-gateway").path,
                repository + "/public",
            ])
        #expect(result.out == "ok\n", "\(result.out) \(result.error)")
    }
}
