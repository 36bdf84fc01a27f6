/// The version of everything that this package builds: the programs, the client library, the Debian
/// package (`scripts/version`). CHANGELOG.md says what a version promises.
public enum ProductVersion {
    /// As of Semantic Versioning, without a `v`.
    public static let current = "0.1.0"
}
