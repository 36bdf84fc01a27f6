internal import Records

/// The record of this project: GRDB has a `Record` of its own.
typealias Record = Records.Record
