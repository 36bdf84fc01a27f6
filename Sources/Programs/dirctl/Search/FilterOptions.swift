internal import ArgumentParser
internal import DirectoryClient
internal import Text

/// The flags for labels of a record.
struct LabelOptions: ParsableArguments {
    @Option(help: "The beginning of a skill's name, or the whole with * and ?.") var skill:
        [String] = []
    @Option(help: "The beginning of a domain's name, or the whole with * and ?.") var domain:
        [String] = []
    @Option(help: "The beginning of a module's name, or the whole with * and ?.") var module:
        [String] = []
    @Option(help: "The beginning of a locator's type, or the whole with * and ?.")
    var locator: [String] = []

    /// The kinds of labels, with the flag and the items of each.
    var kinds: [(flag: String, kind: String, items: [String])] {
        [
            ("skill", "/skills/", skill), ("domain", "/domains/", domain),
            ("module", "/modules/", module), ("locator", "/locators/", locator),
        ]
    }
}

/// The flags of a search that are not about labels.
struct FilterOptions: ParsableArguments {
    @Option(help: "A name, in any case; * and ? are wildcards.") var name: [String] = []
    @Option(help: "A version, with wildcards, or a limit: '>=1.0.0'.") var version: [String] = []
    @Option(help: "A part of a label.") var label: [String] = []
    @Option(help: "A part of an author's name.") var author: [String] = []
    @Option(help: "The version of the schema, with wildcards, or a limit.")
    var schemaVersion: [String] = []
    @Option(help: "The creation time, with wildcards, or a limit: '>=2026-01-31'.")
    var createdAt: [String] = []
    @Option(help: "The number of a skill.") var skillId: [String] = []
    @Option(help: "The number of a domain.") var domainId: [String] = []
    @Option(help: "The number of a module.") var moduleId: [String] = []
    @Option(help: "An annotation, as key:value, with wildcards.") var annotation: [String] = []

    // What is not kept here; without these, the parser would propose other flags.
    @Flag(help: .hidden) var verified = false
    @Flag(help: .hidden) var trusted = false
    @Flag(help: .hidden) var safe = false
    @Option(help: .hidden) var scanSeverity: String?

    func validate() throws {
        let unsupported = [
            ("--verified", verified), ("--trusted", trusted), ("--safe", safe),
            ("--scan-severity", scanSeverity != nil),
        ]
        guard let flag = unsupported.first(where: \.1)?.0 else { return }
        throw ValidationError(
            "\(flag) is not supported: the gateway neither verifies names nor scans records; 'dirctl verify' checks signatures"
        )
    }

    /// The conditions, with the name of the flag of each.
    func conditions(_ labels: LabelOptions) -> [(flag: String, condition: Condition)] {
        [
            ("name", Condition(name, .whole) { [$0.summary.name] }),
            ("version", Condition(version, .ordered) { [$0.summary.version] }),
            ("label", Condition(label, .exactPart) { $0.summary.labels }),
            ("schema-version", Condition(schemaVersion, .ordered) { [$0.summary.schemaVersion] }),
            ("created-at", Condition(createdAt, .ordered) { [$0.summary.createdAt] }),
            ("author", Condition(author, .part, needsContent: true) { $0.authors }),
            ("skill-id", Condition(skillId, .whole, needsContent: true) { $0.ids("skills") }),
            ("domain-id", Condition(domainId, .whole, needsContent: true) { $0.ids("domains") }),
            ("module-id", Condition(moduleId, .whole, needsContent: true) { $0.ids("modules") }),
            ("annotation", Condition(annotation, .whole, needsContent: true) { $0.annotations }),
        ]
            + labels.kinds.map { flag, kind, items in
                (flag, Condition(items, labels: kind))
            }
    }
}

/// The flags for what a record must not have.
struct ExclusionOptions: ParsableArguments {
    @Option(help: "Leave out records with this name; the same for the flags below.")
    var excludeName: [String] = []
    @Option var excludeVersion: [String] = []
    @Option var excludeLabel: [String] = []
    @Option var excludeSkill: [String] = []
    @Option var excludeDomain: [String] = []
    @Option var excludeModule: [String] = []
    @Option var excludeLocator: [String] = []
    @Option var excludeAuthor: [String] = []
    @Option var excludeSchemaVersion: [String] = []
    @Option var excludeCreatedAt: [String] = []
    @Option var excludeSkillId: [String] = []
    @Option var excludeDomainId: [String] = []
    @Option var excludeModuleId: [String] = []
    @Option var excludeAnnotation: [String] = []

    /// The conditions that a record must not meet.
    func conditions() -> [(flag: String, condition: Condition)] {
        var filter = FilterOptions()
        var labels = LabelOptions()
        (filter.name, filter.version, filter.label) = (excludeName, excludeVersion, excludeLabel)
        (filter.author, filter.schemaVersion) = (excludeAuthor, excludeSchemaVersion)
        (filter.createdAt, filter.skillId) = (excludeCreatedAt, excludeSkillId)
        (filter.domainId, filter.moduleId) = (excludeDomainId, excludeModuleId)
        filter.annotation = excludeAnnotation
        (labels.skill, labels.domain) = (excludeSkill, excludeDomain)
        (labels.module, labels.locator) = (excludeModule, excludeLocator)
        return filter.conditions(labels).map { ("exclude-\($0.flag)", $0.condition) }
    }
}
