extension Optional {
    /// Whether there is no value. For texts, because `== nil` goes through the comparison of
    /// `String`.
    public var isNil: Bool { if case .none = self { true } else { false } }
}
