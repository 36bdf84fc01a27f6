extension Optional {
    /// Whether there is no value. Use it for texts: `== nil` uses the comparison of `String`.
    public var isNil: Bool { if case .none = self { true } else { false } }
}
