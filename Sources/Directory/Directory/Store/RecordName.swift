internal import Records

/// GRDB has a `Record` of its own: in this room the name means ours.
typealias Record = Records.Record
