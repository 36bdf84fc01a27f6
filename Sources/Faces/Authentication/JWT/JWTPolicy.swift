/// Which JSON Web Tokens are accepted.
public struct JWTPolicy: Sendable {
    /// The claim `iss`, byte for byte.
    public let issuer: String
    /// The claim `aud`, or one of its items, byte for byte.
    public let audience: String
    /// How far the clocks of the issuer and of this machine may differ, in microseconds.
    let leeway: Int64

    /// Makes a policy.
    public init(issuer: String, audience: String) {
        self.issuer = issuer
        self.audience = audience
        leeway = 30 * 1_000_000
    }
}
