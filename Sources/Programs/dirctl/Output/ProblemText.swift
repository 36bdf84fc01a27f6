internal import DirectoryClient
internal import Text

/// What a refusal of the gateway means for a person at the command line: the gateway's own words are for
/// programs that send requests.
enum ProblemText {
    /// Returns the reason and the remedy on one line.
    static func line(_ problem: Problem) -> String {
        let detail = problem.detail.isEmpty ? problem.title : problem.detail
        if let remedy = remedy(problem) { return "\(detail) \(remedy)" }
        return problem.description
    }

    private static func remedy(_ problem: Problem) -> String? {
        let kind = problem.kind
        let scope = problem.scope ?? "SCOPE"
        let create = "'dir-gateway token create --subject NAME --scopes \(scope)'"
        switch problem.status {
        case 401:
            return
                "Use a token with the scope \(scope): --token, --token-file, \(SettingNames.variablePrefix)AUTH_TOKEN, or auth_token in the settings file; on the gateway's machine \(create) makes one."
        case 403 where kind.isEmpty || kind.hasBytes(of: "forbidden"):
            return
                "Use a token that has the scope \(scope); on the gateway's machine \(create) makes one."
        case 421:
            return
                "Use --server-addr with localhost or 127.0.0.1, or add the name to allowed_hosts at the gateway."
        default: break
        }
        for (name, remedy) in remedies where kind.hasBytes(of: name) { return remedy }
        return nil
    }

    /// The remedies of kinds of problems whose own remedy is about requests.
    private static let remedies = [
        ("record-not-found", "Push it first, or look for it with 'dirctl search'."),
        ("sync-not-found", "'dirctl sync list' shows the syncs."),
        ("subscriber-not-found", "The stream may have ended."),
        ("unknown-parameter", "The gateway is another version than this dirctl: upgrade it."),
        ("unknown-member", "The gateway is another version than this dirctl: upgrade it."),
        ("unsupported-type", "The gateway is another version than this dirctl: upgrade it."),
        ("not-acceptable", "The gateway is another version than this dirctl: upgrade it."),
        ("wrong-method", "The gateway is another version than this dirctl: upgrade it."),
    ]
}
