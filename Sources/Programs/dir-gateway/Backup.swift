internal import ArgumentParser
internal import Gateway

/// Copies the store to a file.
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the store to a file; the gateway may be running.",
        discussion: """
            The copy is the store at one moment. It is checked, and then takes the place of FILE in one \
            step, so FILE is always complete. Only its owner can read it. The signing key is not \
            in it: keep a copy of that file too.

            Example: dir-gateway backup /var/backups/directory.sqlite \
            --data-dir /var/lib/directory-gateway
            """)

    @Argument(help: "The file of the copy; an older backup is replaced.")
    var file: String

    @OptionGroup var options: SettingsOptions

    func run() throws {
        let directory = try Settings.dataDirectory(try options.reader())
        do { try StoreAdministration.backup(directory, to: file) } catch {
            throw StartFailure(reason: "\(error)")
        }
        print("\(file): a copy of the store in \(directory)")
    }
}

/// Puts a backup in the place of the store.
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in the place of the store.",
        discussion: """
            Stop the gateway first; while it runs, the command does nothing. The backup is checked \
            and stays as it is. The store that was there is kept under another name. What changed \
            since the backup is lost: tokens that were revoked since then are valid again.

            Example: dir-gateway restore /var/backups/directory.sqlite \
            --data-dir /var/lib/directory-gateway
            """)

    @Argument(help: "The backup.")
    var file: String

    @OptionGroup var options: SettingsOptions

    func run() throws {
        let directory = try Settings.dataDirectory(try options.reader())
        let kept: String?
        do { kept = try StoreAdministration.restore(directory, from: file) } catch {
            throw StartFailure(reason: "\(error)")
        }
        print("\(directory): restored from \(file)")
        if let kept { print("the store that was there is now \(kept)") }
    }
}
