/// The outcome of a taste.
package enum TasteVerdict: Hashable, Sendable {
  /// There is no trace of a label.
  case unlabelled
  /// The medium is one of the label's device.
  ///
  /// `sectorBytes` is how large the sector is in which the label stands.
  case labelled(LabelRecord, sectorBytes: UInt32)
  case refused(TasteRefusal)
}

/// Why a medium with something like a label is not used.
package enum TasteRefusal: Error, Hashable, Sendable {
  case damaged(LabelError)
  /// The label is that of a larger or smaller medium which ends at the same place, or was copied from one.
  case otherSize(LabelRecord, recorded: UInt64, found: UInt64)
  case otherSectorSize(LabelRecord, recorded: UInt32, found: UInt32)
  case partitionOfUnknownSize(LabelRecord)

  /// The label, as far as it can be believed.
  package var record: LabelRecord? {
    switch self {
    case .damaged: nil
    case .otherSize(let record, _, _), .otherSectorSize(let record, _, _),
      .partitionOfUnknownSize(let record):
      record
    }
  }

  /// What is wrong, to be put after the name of a medium and a colon.
  package var message: String {
    switch self {
    case .damaged(let error): error.message
    case .otherSize(let record, let recorded, let found):
      "the label \(record.name) in its last sector is that of a medium of \(recorded) bytes, and it "
        + "has \(found)"
    case .otherSectorSize(let record, let recorded, let found):
      "the label \(record.name) in its last sector is that of a medium with sectors of \(recorded) "
        + "bytes, and this one has \(found)"
    case .partitionOfUnknownSize(let record):
      "the label \(record.name) in its last sector does not tell whether it is the partition's or "
        + "its disk's"
    }
  }
}
