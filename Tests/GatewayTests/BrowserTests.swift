import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: hasBrowser, "no Chromium or Python clients here: `make test` installs them"))
struct BrowserTests {
    /// `Tests/Clients/browser_module.py`, `browser_dashboard.py` and `browser_docs.py`, in headless Chromium.
    @Test("they work in a browser", arguments: ["module", "dashboard", "docs"])
    func browser(_ what: String) async throws {
        let result = try await run(
            URL(filePath: repository + "/.venv/bin/python"),
            [
                repository + "/Tests/Clients/browser_\(what).py", executable("dir-gateway").path,
                repository + "/public",
            ])
        #expect(result.out == "ok\n", "\(result.out) \(result.error)")
    }
}
